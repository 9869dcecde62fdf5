"""Phone and mailbox of the demo clinic: messages arrive on a page of the program and nowhere else."""
