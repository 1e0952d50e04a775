"""The conformance kit on random search."""

from pegbox.testing import SearcherConformance


class TestRandomSearch(SearcherConformance):
    searcher = "random"
