"""Backups, and whether they can be had back."""
