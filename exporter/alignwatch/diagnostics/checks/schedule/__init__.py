"""Maintenance and its times."""
