"""What the head reads: the pulse of the clinic and the report on retention."""
