"""The same study after changes, measured again only where they touch it.

Imports ``assess`` and what is below it.
"""
