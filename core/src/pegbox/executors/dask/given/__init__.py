"""A cluster behind a client of the user's: which workers may come, and how one is ended."""
