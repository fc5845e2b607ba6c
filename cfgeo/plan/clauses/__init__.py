"""What projects do for any clause: how far they are, what each moves, targets and years, and the progress of the list.

May import what :mod:`cfgeo.plan` may.
"""
