"""What people of the clinic do with contact tasks, one function for each intention."""
