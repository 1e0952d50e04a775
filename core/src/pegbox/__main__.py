"""``python -m pegbox``: the command line."""

from __future__ import annotations

from pegbox.cli import main

if __name__ == "__main__":
    main()
