"""The optimisation problems behind sites and plans, as numbers alone.

Imports ``core`` alone.
"""
