"""How far is each branch from its target? Measured once for each pair of commits, and kept."""
