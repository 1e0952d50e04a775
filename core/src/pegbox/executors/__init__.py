"""Where trials run: on Dask, in this thread, or in virtual time."""
