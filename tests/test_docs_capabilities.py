"""`docs/capabilities.md` says of each searcher what the conformance kit has seen."""

from __future__ import annotations

import json

import pytest
from capabilities import PAGE, SEEN, kits, page

DATA = json.loads(SEEN.read_text(encoding="utf-8"))
BY_KEY = {(each["package"], each["class"]): each for each in DATA["searchers"]}
KITS = list(kits())
RUN = "run: python docs/capabilities.py"


def test_the_page_is_what_was_seen():
    assert PAGE.read_text(encoding="utf-8") == page(DATA), RUN


def test_every_searcher_that_joins_the_kit_is_there():
    assert {(kit.package, kit.cls.__name__) for kit in KITS} == set(BY_KEY), RUN


@pytest.mark.parametrize("kit", KITS, ids=lambda kit: f"{kit.package} {kit.cls.__name__}")
def test_a_searcher_says_of_itself_what_the_kit_verified(kit):
    seen = BY_KEY[kit.package, kit.cls.__name__]
    assert kit.claims() == {name: seen[name] for name in kit.claims()}, RUN
    assert sorted(seen["seen"]) == kit.cls.cases(), "each case ran"
    assert all(seen["seen"].values())
