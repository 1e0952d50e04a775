"""Real processes that are killed, and an account of what they did that pegbox has no part in."""
