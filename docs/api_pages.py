"""Makes the pages of ``docs/api`` from the public names and their docstrings."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from textwrap import dedent
from types import FunctionType
from typing import Any, Final

from docstrings import LISTS, Docstring, parse

WIDTH: Final = 100


@dataclass(frozen=True)
class Page:
    """A page of the interface.

    Attributes:
        title: Its heading. ``about``: a sentence below it.
        modules: Modules of which it shows what is public, in this order.
    """

    title: str
    about: str
    modules: tuple[str, ...]


PAGES: Final = {
    "run": Page(
        "Run",
        "Start a run, go on with one, and say how it goes.",
        ("pegbox.tuner", "pegbox.configs", "pegbox.launch", "pegbox.experiment"),
    ),
    "trial": Page(
        "Inside a trial",
        "Report, go on from a checkpoint, and say what a trial needs.",
        (
            *("pegbox.reporting", "pegbox.checkpoint", "pegbox.class_trainable"),
            *("pegbox.trainable", "pegbox.trainable_registry", "pegbox.wrapped_trainable"),
            *("pegbox.function_trainable", "pegbox.placement_group", "pegbox.resources"),
            "pegbox.session",
        ),
    ),
    "results": Page(
        "Results",
        "What a run found.",
        ("pegbox.results", "pegbox.analysis", "pegbox.usage"),
    ),
    "spaces": Page(
        "Spaces",
        "What varies from trial to trial.",
        ("pegbox.space", "pegbox.space.unit_cube"),
    ),
    "stoppers": Page(
        "Stoppers",
        "When a trial, or the whole run, has gone far enough: `RunConfig(stop=...)`.",
        ("pegbox.stoppers",),
    ),
    "search": Page(
        "Searchers",
        "What proposes configurations, and what stands around it: `TuneConfig(search_alg=...)`.",
        (
            *("pegbox.search", "pegbox.searcher", "pegbox.searcher_wrapper"),
            *(
                "pegbox.builtin.basic_variant",
                "pegbox.known_points",
                "pegbox.objective",
                "pegbox.constraints",
                "pegbox.scalarization",
            ),
        ),
    ),
    "schedulers": Page(
        "Schedulers",
        "What stops the trials that will not win: `TuneConfig(scheduler=...)`.",
        ("pegbox.schedulers", "pegbox.scheduler", "pegbox.decisions"),
    ),
    "callbacks": Page(
        "Callbacks",
        "What is told of a run, and how it is shown: `RunConfig(callbacks=..., "
        "progress_reporter=...)`.",
        (
            *("pegbox.callback", "pegbox.loggers", "pegbox.progress_reporter"),
            *("pegbox.builtin.progress", "pegbox.trial"),
        ),
    ),
    "syncers": Page(
        "Syncers",
        "What moves folders to where they are kept.",
        ("pegbox.syncer",),
    ),
    "testing": Page(
        "Conformance kit",
        "What every plugin has to do, as cases that its own tests join with: "
        "`pip install 'pegbox[testing]'`.",
        (
            *("pegbox.testing", "pegbox.testing.searcher_cases", "pegbox.testing.syncer_cases"),
            *("pegbox.testing.scheduler_cases", "pegbox.testing.callback_cases"),
            "pegbox.testing.package_cases",
        ),
    ),
    "simulation": Page(
        "Simulation",
        "A whole run in virtual time, for those who write searchers and schedulers.",
        ("pegbox.executors.simulated",),
    ),
    "errors": Page(
        "Errors",
        "What is raised; every error has a `hint`, which says what would do.",
        ("pegbox.errors", "pegbox.nearest"),
    ),
}

#: Modules whose public names are shown whole, and not only as far as `pegbox` has them. Names of
#: the plugins' contracts are among them: who writes one needs them.
WHOLE: Final = {
    *("pegbox.reporting", "pegbox.stoppers", "pegbox.search", "pegbox.searcher"),
    *("pegbox.searcher_wrapper", "pegbox.schedulers", "pegbox.decisions", "pegbox.callback"),
    *("pegbox.loggers", "pegbox.errors", "pegbox.session", "pegbox.testing"),
    *("pegbox.known_points", "pegbox.nearest"),
}
#: What plugins meet, of modules that have more.
SINGLE: Final = {
    "pegbox.trial": ("TrialView", "Status", "CheckpointRecord", "TrialFailure", "trial_number"),
    "pegbox.resources": ("Resources",),
    "pegbox.analysis": ("Trial",),
    "pegbox.objective": ("Objective", "finite_value"),
    "pegbox.space": ("Space", "Domain", "Float", "Int", "Choice", "Normal", "Grid", "Condition"),
    "pegbox.space.unit_cube": ("is_numeric", "to_unit", "from_unit"),
    "pegbox.syncer": ("is_excluded",),
    "pegbox.testing.searcher_cases": ("SearcherCases",),
    "pegbox.testing.syncer_cases": ("SyncerCases",),
    "pegbox.testing.scheduler_cases": ("SchedulerCases",),
    "pegbox.testing.callback_cases": ("CallbackCases",),
    "pegbox.testing.package_cases": ("PackageCases",),
    "pegbox.executors.simulated": ("simulate", "SimulatedCluster", "SimulatedRun"),
}
#: Classes whose objects users are given, and never make.
GIVEN: Final = {"Domain", "InnerSearcher", "Result", "Trial", "TrialContext", "TrialView"}


@dataclass(frozen=True)
class Entry:
    """A public name: where it is imported from, and what it stands for."""

    module: str
    name: str
    thing: Any

    @property
    def path(self) -> str:
        """The dotted name that users write."""
        return f"{self.module}.{self.name}"


@cache
def entries() -> dict[str, list[Entry]]:
    """Name of each page to what it shows.

    Raises:
        LookupError: A public name of `pegbox` belongs on no page.
    """
    home = {name: slug for slug, page in PAGES.items() for name in page.modules}
    top = [Entry("pegbox", name, thing) for name, thing in _listed("pegbox")]
    found: dict[str, list[Entry]] = {slug: [] for slug in PAGES}
    for entry in top:
        found[_page_of(entry, home)].append(entry)
    seen = {entry.name for entry in top}
    for slug, page in PAGES.items():
        for entry in (entry for module in page.modules for entry in _further(module)):
            if entry.name not in seen:
                seen.add(entry.name)
                found[slug].append(entry)
    return found


def _page_of(entry: Entry, home: dict[str, str]) -> str:
    parts = getattr(entry.thing, "__module__", "").split(".")
    for end in range(len(parts), 0, -1):
        if slug := home.get(".".join(parts[:end])):
            return slug
    raise LookupError(f"no page of docs/api_pages.py shows {parts}, where {entry.name} is defined")


def _listed(module: str) -> list[tuple[str, Any]]:
    loaded = import_module(module)
    return [(name, getattr(loaded, name)) for name in loaded.__all__]


def _further(module: str) -> Iterator[Entry]:
    for name, thing in _listed(module) if module in WHOLE else ():
        if inspect.isclass(thing) or inspect.isroutine(thing):
            yield Entry(module, name, thing)
    for name in SINGLE.get(module, ()):
        yield Entry(module, name, getattr(import_module(module), name))


#: What the methods of a conformance kit begin with that are cases.
CASE: Final = "test_"

#: What `pegbox.hookspecs.hookimpl` leaves on a function.
_HOOK: Final = "pegbox_impl"
_MEMBERS: Final = (FunctionType, classmethod, staticmethod, property, cached_property)


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Public methods and properties that a class brings, in its order, those of private bases too.

    What a public base class or a hook has explained already is left out.
    """
    public = {entry.thing for listed in entries().values() for entry in listed} - {cls}
    known = {name for base in cls.__mro__ if base in public for name in dir(base)}
    for owner in cls.__mro__:
        if owner in public or not owner.__module__.startswith("pegbox"):
            continue
        for name, member in vars(owner).items():
            shown = isinstance(member, _MEMBERS) and not hasattr(member, _HOOK)
            named = not name.startswith(("_", CASE)) or name == "__call__"
            if shown and named and name not in {*known, *_fields(owner)}:
                known.add(name)
                yield name, member


def _fields(cls: type) -> Iterable[str]:
    return getattr(cls, "__dataclass_fields__", ())


# ------------------------------------------------------------------ rendering


def pages() -> dict[str, str]:
    """File name in ``docs/api`` to its text."""
    shown = entries()
    links = {
        spelling: f"{slug}.md#{entry.name.lower()}"
        for slug, listed in shown.items()
        for entry in listed
        for spelling in (entry.name, entry.path)
    }
    rendered = {
        f"{slug}.md": _page(page, shown[slug], links) for slug, page in PAGES.items() if shown[slug]
    }
    return {"README.md": _index(shown), **rendered}


MADE_BY: Final = "Made from the docstrings by `python docs/generate.py`; not edited by hand."


def _index(shown: dict[str, list[Entry]]) -> str:
    lines = ["# The interface", "", MADE_BY, "", "| page | names |", "|---|---|"]
    for slug, listed in shown.items():
        names = ", ".join(f"[`{entry.name}`]({slug}.md#{entry.name.lower()})" for entry in listed)
        lines.append(f"| [{PAGES[slug].title}]({slug}.md) | {names} |")
    return "\n".join(lines) + "\n"


def _page(page: Page, listed: list[Entry], links: dict[str, str]) -> str:
    parts = [f"# {page.title}", page.about, MADE_BY]
    for entry in listed:
        parts += _entry(entry)
    return _linked("\n\n".join(part for part in parts if part), links) + "\n"


def _entry(entry: Entry) -> Iterator[str]:
    thing = entry.thing
    yield f"## {entry.name}"
    if entry.name != getattr(thing, "__name__", entry.name):
        yield f"`{entry.path}` is another name of `{thing.__name__}`."
        return
    if not inspect.isclass(thing):
        yield _code(signature(entry.path, thing))
        yield from _text(parse(thing))
        return
    yield _code(_class_line(entry))
    yield from _text(parse(thing))
    if issubclass(thing, enum.Enum):
        yield "Values: " + ", ".join(f"`{member.name}`" for member in thing)
    if promises := list(_cases(thing)):
        yield "Cases:"
        yield "\n".join(promises)
    for name, member in members(thing):
        yield from _member(entry.name, name, member)


def _cases(cls: type) -> Iterator[str]:
    """The cases of a conformance kit, each with what it asks for."""
    for name in dict.fromkeys(name for owner in cls.__mro__ for name in vars(owner)):
        if name.startswith(CASE):
            promise = parse(getattr(cls, name)).text.partition("\n\n")[0]
            yield _bullet(name.removeprefix(CASE), promise)


def _class_line(entry: Entry) -> str:
    cls = entry.thing
    bases = [base.__name__ for base in cls.__bases__ if base.__module__.startswith("pegbox")]
    bare = entry.name in GIVEN or issubclass(cls, enum.Enum | BaseException)
    if bare or not inspect.signature(cls).parameters:
        return f"class {entry.path}({', '.join(bases)})".replace("()", "")
    line = signature(f"class {entry.path}", cls)
    return f"{line}\n# based on {', '.join(bases)}" if bases else line


def _member(owner: str, name: str, member: Any) -> Iterator[str]:
    yield f"### {owner}.{name}"
    if isinstance(member, classmethod | staticmethod):
        kind = type(member).__name__
        yield _code(f"@{kind}\n{signature(name, member.__func__, drop=kind == 'classmethod')}")
        yield from _text(parse(member.__func__))
    elif isinstance(member, FunctionType):
        yield _code(signature(name, member, drop=True))
        yield from _text(parse(member))
    else:
        getter = getter_of(member)
        returns = inspect.signature(getter).return_annotation
        yield _code(f"{name}: {_annotation(returns)}")
        yield from _text(parse(getter))


def getter_of(member: Any) -> Callable[..., Any]:
    """The function behind a property, cached or not."""
    getter: Callable[..., Any] = member.fget if isinstance(member, property) else member.func
    return getter


def signature(name: str, function: Any, *, drop: bool = False) -> str:
    """A signature as it is written, over several lines where it is long.

    Args:
        name: What stands before the bracket.
        function: What is called.
        drop: Whether the first parameter is left out, as that of a method.
    """
    parameters = list(inspect.signature(function).parameters.values())[1 if drop else 0 :]
    returns = inspect.signature(function).return_annotation
    no_answer = inspect.isclass(function) or returns is inspect.Signature.empty
    arrow = "" if no_answer else f" -> {_annotation(returns)}"
    written = list(_parameters(parameters))
    line = f"{name}({', '.join(written)}){arrow}"
    if len(line) <= WIDTH:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in written) + f"){arrow}"


def _parameters(parameters: list[inspect.Parameter]) -> Iterator[str]:
    starred = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        starred = starred or parameter.kind is parameter.VAR_POSITIONAL
        mark = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        text = mark + parameter.name
        typed = parameter.annotation is not parameter.empty
        if typed:
            text += f": {_annotation(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            text += f" = {_default(parameter.default)}" if typed else f"={parameter.default!r}"
        yield text


def _annotation(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(value: object) -> str:
    text = repr(value)
    return "..." if " at 0x" in text or text.startswith("<") else text


#: An example, as docstrings have it.
_EXAMPLE: Final = re.compile(r"^::\n\n((?: {4}.*\n|\n)+)", re.MULTILINE)


def _text(doc: Docstring) -> Iterator[str]:
    yield _EXAMPLE.sub(
        lambda found: f"```text\n{dedent(found[1]).strip()}\n```\n\n", f"{doc.text}\n"
    ).strip()
    for heading, text in doc.sections.items():
        yield f"**{heading}**"
        if heading in LISTS:
            yield "\n".join(_bullet(*item) for item in doc.items(heading).items())
        else:
            yield text


def _bullet(name: str, text: str) -> str:
    lines = [line for line in text.splitlines() if line]
    return "\n  ".join([f"- ``{name}``: {lines[0]}", *lines[1:]])


def _code(text: str) -> str:
    return f"```text\n{text}\n```"


def _linked(text: str, links: dict[str, str]) -> str:
    """Names in single backquotes as links to where they are; what is in double ones as code."""

    def link(match: re.Match[str]) -> str:
        name = match[1]
        place = links.get(name) or links.get(name.rpartition(".")[0])
        return f"[`{name}`]({place})" if place else f"`{name}`"

    blocks = re.split(r"(```.*?```)", text, flags=re.DOTALL)
    for number in range(0, len(blocks), 2):
        single = re.sub(r"(?<!`)`([\w.]+)`(?!`)", link, blocks[number])
        blocks[number] = single.replace("``", "`")
    return "".join(blocks)
