"""Wrong spaces: refused before anything begins."""

from __future__ import annotations

from itertools import count

import pytest
from bad_input import check_refused, tune
from pegbox import (
    choice,
    grid_search,
    lograndint,
    loguniform,
    qrandint,
    quniform,
    randint,
    randn,
    sample_from,
    uniform,
)
from pegbox.space import Float


def itself():
    space = {"x": uniform(0, 1)}
    space["me"] = space
    return space


#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    # ---- bounds
    "bounds the wrong way": (
        lambda: tune(space={"x": uniform(1, 0)}),
        "lower=1.0 is above upper=0.0\n  The lower bound comes first: swap them.",
    ),
    "bounds the same": (
        lambda: tune(space={"x": uniform(1, 1)}),
        "lower and upper are both 1.0\n"
        "  A value that does not vary needs no domain: write the number itself.",
    ),
    "bound as text": (
        lambda: tune(space={"x": uniform("a", 1)}),
        "lower must be a number, got 'a' of type str\n  Write a number, e.g. 0.1.",
    ),
    "bound as a number in quotes": (
        lambda: tune(space={"lr": uniform("1e-4", 1)}),
        "lower must be a number, got '1e-4' of type str\n"
        "  Write it without quotes, or convert what was read from a file: float(...).",
    ),
    "bound of nothing": (
        lambda: tune(space={"x": uniform(None, 1)}),
        "lower must be a number, got None of type NoneType\n  Write a number, e.g. 0.1.",
    ),
    "no bound": (
        lambda: tune(space={"x": uniform(0, float("inf"))}),
        "upper must be finite, got inf\n  Use a number of at most 1e308.",
    ),
    "log from 0": (
        lambda: tune(space={"x": loguniform(0, 1)}),
        "a logarithmic range cannot start at lower=0.0\n"
        "  Use a lower bound above 0, or a range that is not logarithmic.",
    ),
    "log from below 0": (
        lambda: tune(space={"x": loguniform(-1, 1)}),
        "a logarithmic range cannot start at lower=-1.0\n"
        "  Use a lower bound above 0, or a range that is not logarithmic.",
    ),
    "whole log from 0": (
        lambda: tune(space={"x": lograndint(0, 5)}),
        "a logarithmic range cannot start at lower=0\n"
        "  Use a lower bound above 0, or a range that is not logarithmic.",
    ),
    "no whole number between": (
        lambda: tune(space={"x": randint(5, 5)}),
        "no whole number is at least lower=5 and below upper=5\n"
        "  The upper bound of randint is excluded.",
    ),
    "whole numbers from a half": (
        lambda: tune(space={"x": randint(0.5, 3)}),
        "lower must be a whole number, got 0.5\n"
        "  For other numbers there are uniform, quniform and loguniform.",
    ),
    "whole numbers beyond 64 bits": (
        lambda: tune(space={"x": randint(0, 2**70)}),
        "upper must fit 64 bits, got a number of 71 bits\n"
        "  For larger numbers there are uniform and loguniform.",
    ),
    "q larger than the range": (
        lambda: tune(space={"x": quniform(0, 1, 2)}),
        "q=2.0 is larger than the range from 0.0 to 1.0\n  Use a smaller q, or wider bounds.",
    ),
    "whole q larger than the range": (
        lambda: tune(space={"x": qrandint(1, 5, 8)}),
        "q=8 is larger than the range from 1 to 5\n  Use a smaller q, or wider bounds.",
    ),
    "q of 0": (
        lambda: tune(space={"x": quniform(0, 1, 0)}),
        "q must be above 0, got 0.0\n  It is the distance from one value to the next.",
    ),
    "q of a half": (
        lambda: tune(space={"x": qrandint(0, 9, 0.5)}),
        "q must be a whole number, got 0.5\n"
        "  For other numbers there are uniform, quniform and loguniform.",
    ),
    "q that floats cannot tell apart": (
        lambda: tune(space={"x": quniform(0, 1e6, 1e-12)}),
        "q=1e-12 is too small beside 1e+06: floats have about 15 digits\n"
        "  Use a larger q, or none.",
    ),
    "no multiple of q": (
        lambda: tune(space={"x": qrandint(5, 5, 3)}),
        "between lower=5 and upper=5 is no multiple of q=3\n"
        "  Use a smaller q, or bounds that are multiples of it.",
    ),
    "no deviation": (
        lambda: tune(space={"x": randn(0, 0)}),
        "sd must be above 0, got 0.0\n"
        "  Write randn(mean, sd); a value that does not vary needs no domain.",
    ),
    # ---- values
    "empty choice": (
        lambda: tune(space={"x": choice([])}),
        "choice needs at least one value, got none\n  Write e.g. choice([1, 2]).",
    ),
    "choice of letters": (
        lambda: tune(space={"x": choice("abc")}),
        "choice needs a list of values, got 'abc'\n  Write choice([...]).",
    ),
    "choice of a number": (
        lambda: tune(space={"x": choice(3)}),
        "choice needs a list of values, got 3\n  Write choice([...]).",
    ),
    "choice of a set": (
        lambda: tune(space={"x": choice({1, 2})}),
        "choice got a set, which has no order: a trial could not be repeated\n"
        "  Write choice(sorted(...)) or choice([...]).",
    ),
    "choice of a dict": (
        lambda: tune(space={"x": choice({"a": 1})}),
        "choice needs a list of values, got {{'a': 1}}\n  Write choice([...]).",
    ),
    "choice without end": (
        lambda: tune(space={"x": choice(count())}),
        "choice takes at most 1,000,000 values\n"
        "  A range of numbers is uniform(...) or randint(...).",
    ),
    "empty grid": (
        lambda: tune(space={"x": grid_search([])}),
        "grid_search needs at least one value, got none\n  Write e.g. grid_search([1, 2]).",
    ),
    "grid of a number": (
        lambda: tune(space={"x": {"grid_search": 3}}),
        "'x': grid_search needs a list of values, got 3\n  Write grid_search([...]).",
    ),
    "grid inside a choice": (
        lambda: tune(space={"x": choice([1, grid_search([1, 2])])}),
        "'x' has a grid inside the values of a choice\n"
        "  A grid is gone through in every trial: write it beside, or a choice inside.",
    ),
    "grid deep inside a choice": (
        lambda: tune(space={"x": choice([{"y": {"grid_search": [1, 2]}}])}),
        "'x' has a grid inside the values of a choice\n"
        "  A grid is gone through in every trial: write it beside, or a choice inside.",
    ),
    "grid beside another key": (
        lambda: tune(space={"x": {"grid_search": [1], "other": 2}}),
        "'x' has the key 'grid_search' beside ['other']\n"
        '  {{"grid_search": [...]}} stands alone, in the place of the value.',
    ),
    "domain in a set": (
        lambda: tune(space={"x": {uniform(0, 1)}}),
        "'x' has a domain inside a set\n  Domains may stand in dicts, lists and tuples.",
    ),
    # ---- functions of the configuration
    "sample_from without a function": (
        lambda: tune(space={"x": sample_from(3)}),
        "sample_from needs a function of the configuration, got 3\n"
        "  Write sample_from(lambda config: ...).",
    ),
    "sample_from with three arguments": (
        lambda: tune(space={"x": sample_from(lambda a, b, c: 1)}),
        "the function of sample_from takes (a, b, c)\n"
        "  It is called with the configuration, and with a generator if it takes two.",
    ),
    "sample_from of a domain": (
        lambda: tune(space={"x": sample_from(uniform(0, 1))}),
        "sample_from needs a function of the configuration, got Float(lower=0.0, upper=1.0, "
        "log=False, step=None)\n  Write sample_from(lambda config: ...).",
    ),
    "sample_from that gives a domain": (
        lambda: tune(space={"x": sample_from(lambda config: uniform(0, 1))}),
        "the sample_from function of 'x' gave Float(lower=0.0, upper=1.0, log=False, "
        "step=None), which is not a value\n"
        "  Draw from a domain with .sample(), or write it into param_space beside the "
        "function; a grid can only stand there.",
    ),
    "sample_from with a misspelt parameter": (
        lambda: tune(space={"lr": 1, "x": sample_from(lambda config: config["ln"])}),
        "the sample_from function of 'x' raised KeyError: \"no parameter 'ln'; there are "
        "['lr', 'x']\"\n"
        "  It is called with the other parameters of the trial; the traceback above shows "
        "where it stopped.",
    ),
    "sample_from in a circle": (
        lambda: tune(
            space={
                "a": sample_from(lambda config: config["b"]),
                "b": sample_from(lambda config: config["a"]),
            }
        ),
        "sample_from functions need each other's values: a -> b -> a\n"
        "  Compute one of them from parameters that do not depend on it.",
    ),
    "sample_from of itself": (
        lambda: tune(space={"a": {"b": sample_from(lambda config: config["a"]["b"])}}),
        "sample_from functions need each other's values: a/b -> a/b\n"
        "  Compute one of them from parameters that do not depend on it.",
    ),
    # ---- the space itself
    "domain not called": (
        lambda: tune(space={"lr": uniform}),
        "'lr' is the function uniform, not a domain\n  Call it: uniform(...).",
    ),
    "domain's class": (
        lambda: tune(space={"x": Float}),
        "'x' is the class Float, not a domain\n  Give it its arguments: Float(...).",
    ),
    "space is a list": (
        lambda: tune(space=[1]),
        "param_space must be a dict, got [1] of type list\n"
        '  Name each parameter: {{"lr": loguniform(1e-4, 1e-1)}}.',
    ),
    "space is a domain": (
        lambda: tune(space=uniform(0, 1)),
        "param_space must be a dict, got Float(lower=0.0, upper=1.0, log=False, step=None) "
        'of type Float\n  Name each parameter: {{"lr": loguniform(1e-4, 1e-1)}}.',
    ),
    "space is a grid": (
        lambda: tune(space={"grid_search": [1, 2]}),
        "param_space is a grid_search itself\n"
        '  Give the parameter a name: {{"name": {{"grid_search": [...]}}}}.',
    ),
    "parameter without a name": (
        lambda: tune(space={1: uniform(0, 1)}),
        "the key 1 at the top of param_space is of type int; parameters have names\n  Use '1'.",
    ),
    "parameter with a slash": (
        lambda: tune(space={"a/b": uniform(0, 1)}),
        "the key 'a/b' at the top of param_space has a '/', which separates the names of "
        "nested parameters\n  Nest a dict, or use another character.",
    ),
    "parameter with an empty name": (
        lambda: tune(space={"": uniform(0, 1)}),
        "a key at the top of param_space is empty\n  Parameters have names: use one.",
    ),
    "parameter under a number": (
        lambda: tune(space={"a": {0: uniform(0, 1)}}),
        "the key 0 in 'a' is of type int; parameters have names\n  Use '0'.",
    ),
    "space inside itself": (
        lambda: tune(space=itself()),
        "param_space contains itself, or is nested more than 100 levels deep\n"
        "  Write it flatter, or hand large objects over with pegbox.with_parameters.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)
