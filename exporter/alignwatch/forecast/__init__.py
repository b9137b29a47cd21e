"""Would a branch conflict with its target? Verdicts by pair of commits, made in the background and kept."""
