"""``pegbox new-plugin``: a plugin package to begin with, and what to type next."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from pegbox._new_plugin.names import Names, names_of, refuse_taken
from pegbox._new_plugin.package import ROLES, package_files, write_package
from pegbox.cli.output import print_pairs, say

__all__ = ["new_plugin"]

_ARGUMENTS = {
    "searcher": 'TuneConfig(search_alg="{}")',
    "scheduler": 'TuneConfig(scheduler="{}")',
    "callback": 'RunConfig(callbacks=["{}"])',
}


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    type=click.Choice(ROLES),
    multiple=True,
    required=True,
    help="What it brings; may be given several times.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    default=Path("."),
    metavar="FOLDER",
    help="The folder that the package's folder comes into; the current one by default.",
)
def new_plugin(name: str, roles: tuple[str, ...], into: Path) -> None:
    """Write a plugin package called NAME, with its tests.

    NAME is what others will type after "pip install": pegbox-foo, say. What is written works as it
    stands: a small searcher that searches, a callback that writes a journal. Change it into yours;
    the conformance kit in its tests says what still has to hold.
    """
    names = names_of(name)
    refuse_taken(names, roles)
    folder = into / names.distribution
    files = package_files(names, roles)
    write_package(folder, files)
    _print(names, roles, folder, list(files))


def _print(names: Names, roles: tuple[str, ...], folder: Path, files: list[str]) -> None:
    say(f"{names.distribution} is in {folder}:")
    for path in files:
        say(f"  {path}")
    say()
    say("Next, in an environment that has pegbox:")
    say(f"  cd {shlex.quote(str(folder))}")
    say("  python -m pip install -e '.[testing]'")
    say("  python -m pytest")
    say()
    say("Then it is on offer, as pegbox plugins shows:")
    print_pairs(
        {
            role: _ARGUMENTS.get(role, 'the syncer "{}"').format(names.plugin)
            for role in ROLES
            if role in roles
        },
        indent=2,
    )
