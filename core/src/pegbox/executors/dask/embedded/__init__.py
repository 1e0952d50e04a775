"""The cluster that pegbox starts on this machine: its scheduler, and its worker processes."""
