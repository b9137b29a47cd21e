"""git as we see it: ``command`` runs it, everything else here parses what it or its folders say."""
