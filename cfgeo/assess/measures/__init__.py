"""What clauses measure: the places that count, values as intervals, and a function for each measure.

The measures of a walk, reach and presence, are in :mod:`cfgeo.assess.measures.communities`.
"""
