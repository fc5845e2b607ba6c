"""Many studies at once: each district a run of its own, in processes here or on a cluster, then all of them together.

Imports pipeline, publish and what lies below. Nothing is measured here: a district is judged by what ``cfgeo run``
calls.
"""
