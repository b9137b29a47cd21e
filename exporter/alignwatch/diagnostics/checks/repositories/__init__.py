"""Each watched repository."""
