"""The side of a trial: what runs in the process that runs the user's function."""
