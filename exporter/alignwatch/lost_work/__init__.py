"""Branches that vanished, and whether work went with them."""

EVENT = "work_lost"
"""What the journal calls it."""
