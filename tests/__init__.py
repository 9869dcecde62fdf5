"""Tests that cross apps, and the fixtures that all tests share."""
