"""How commands print tables, times and progress."""
