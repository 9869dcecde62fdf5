"""Queries of analytics: the clinic's visits as a frame."""
