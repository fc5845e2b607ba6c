"""What to build: sites, and projects of a reserve list, with proof or gap.

Imports ``scenarios`` and what is below it.
"""
