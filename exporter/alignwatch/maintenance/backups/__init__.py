"""Backups of repositories: made, thinned out, and restored on trial."""
