"""The pure engine: events in, commands out. No clock, thread, file, network, pluggy or Dask."""
