"""The machine and its programs."""
