"""Words, errors, and the frozen values that the wings hand to each other.

Imports nothing of cfgeo.
"""
