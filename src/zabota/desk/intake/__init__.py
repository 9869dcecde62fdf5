"""The wizard of loads."""
