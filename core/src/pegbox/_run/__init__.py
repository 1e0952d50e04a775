"""The shell around the engine: the loop, the searcher's driver, the scheduler's seat, observers."""
