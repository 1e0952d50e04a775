"""What runs on the workers: a slot's task, and its trials in that process or in one beside it."""
