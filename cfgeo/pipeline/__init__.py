"""The order of each verb's work, and nothing else: read, snap, judge; change, site, plan.

May import the wings below it. Plans and changes load where they are asked for.
"""
