"""pegbox: hyperparameter tuning on Dask, with any optimizer."""
