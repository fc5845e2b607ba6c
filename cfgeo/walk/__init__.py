"""People and places on the network: snapping, searches, what is reached, routes.

May import ``check`` and what is below it; knows no study.
"""
