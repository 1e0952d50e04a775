"""The plugin machinery: what packages offer, and one manager per run and role.

Nothing here decides about trials, and nothing here knows a particular plugin.
"""
