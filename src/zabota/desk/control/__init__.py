"""The head's control of the work of the worklist."""
