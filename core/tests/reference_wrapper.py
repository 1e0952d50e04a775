"""A small wrapper that passes every case of the kit: what mutants are made of."""

from __future__ import annotations

from pegbox.decisions import WAIT
from pegbox.hookspecs import hookimpl
from pegbox.searcher_wrapper import SearcherWrapper


class AtMost(SearcherWrapper):
    """Lets so many points be pending."""

    def __init__(self, searcher, most=4):
        super().__init__(searcher, most=most)
        self.most = most

    def most_pending(self, inside):
        return self.most if inside is None else min(inside, self.most)

    @hookimpl
    def searcher_suggest(self, pending):
        return WAIT if len(pending) >= self.most else None
