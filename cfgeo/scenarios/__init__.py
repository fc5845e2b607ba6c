"""The same study after changes, measured again only where they touch it.

May import ``assess`` and what is below it.
"""
