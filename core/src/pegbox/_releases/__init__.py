"""Which releases of an optimizer a plugin was tested with, and whether one of those is installed.

All is read from the metadata of installed packages; nothing is imported for it.
"""
