"""An app of the fault tests: what it does can be counted afterwards."""
