"""What results are made of: an experiment as read at one moment, its best trial, tables of it."""
