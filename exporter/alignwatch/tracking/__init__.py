"""How operations get into the journal."""
