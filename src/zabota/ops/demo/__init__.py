"""The demo clinic: an invented clinic whose truth is known, for demonstrations, tests and benchmarks."""
