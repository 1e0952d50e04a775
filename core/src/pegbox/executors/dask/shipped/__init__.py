"""What is sent with its code: schedulers and nannies read it, and may have no pegbox installed.

So all modules in here import distributed, what comes with it, and the standard library alone; of
pegbox each other, and `pegbox.executors.dask.protocol`. What is added here goes along, see
`pegbox.executors.dask.by_value`.
"""
