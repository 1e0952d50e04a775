"""Processes that pegbox starts: how they begin, how they end with it, and why one has ended."""
