"""Writes of the clinic: people, organisation, catalogue, goal."""
