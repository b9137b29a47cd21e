"""Alignwatch watches the alignment of many git branches with their primary branches."""

__version__ = "0.1.0"
