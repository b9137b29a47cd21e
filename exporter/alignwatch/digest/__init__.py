"""What maintenance did lately and does next, in a message that people read."""
