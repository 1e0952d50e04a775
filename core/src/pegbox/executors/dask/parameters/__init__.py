"""The values of `pegbox.with_parameters`: one copy on each host, for all of its processes."""
