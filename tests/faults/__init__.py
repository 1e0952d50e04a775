"""Real processes that are killed, and an account of what they did that pegbox has no part in.

`make test` kills twenty times; ``PEGBOX_FAULT_KILLS=200`` makes it more, and
``PEGBOX_FAULT_SEED=...``, with the seed that a test has printed, draws the same moments again.
"""
