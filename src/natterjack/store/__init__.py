"""What lasts: one SQLite database, one thread that writes it."""
