"""A searcher in a process of its own: the protocol, both of its ends, and what crosses it."""
