"""What `search.py` runs and `search_report.py` reads: whether a search is worth its name.

Problems, the optimizers with and without pegbox, one run of each, and what is made of the runs.
"""
