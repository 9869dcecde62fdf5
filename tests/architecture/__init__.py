"""Guards of the house: what must stay true of the whole, each with a test that the guard can fail."""
