"""Reads of the clinic: people for the page of the staff, logins of the demo."""
