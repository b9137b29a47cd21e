"""The configuration, and what it means in the end."""
