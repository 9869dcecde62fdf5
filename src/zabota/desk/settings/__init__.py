"""Pages of the head: staff, the clinic itself, the trail of what was done, the state of the system."""
