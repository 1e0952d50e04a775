"""Writes a plugin package for an author to begin with: ``pegbox new-plugin``.

What it writes are the files below ``templates``, with names filled in. They work as they stand, and
``examples/third_party`` is what they give with all roles.
"""

from __future__ import annotations
