"""The command line ``pegbox``: what is installed, whether it works, and what experiments found.

It reads folders and changes no experiment, and unpickles nothing. ``pegbox check`` alone runs code
of the user's; ``pegbox new-plugin`` alone writes, a folder that was not there. click and rich are
imported here alone.
"""

from __future__ import annotations

from pegbox.cli.best import best
from pegbox.cli.check import check
from pegbox.cli.commands import Commands
from pegbox.cli.doctor import doctor
from pegbox.cli.export import export
from pegbox.cli.ls import ls
from pegbox.cli.new_plugin import new_plugin
from pegbox.cli.plugins import plugins
from pegbox.cli.show import show

__all__ = ["main"]

main = Commands([ls, show, best, export, plugins, doctor, check, new_plugin])
