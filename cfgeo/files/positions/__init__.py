"""Where a row of a table lies: which columns say so, what their cells mean, in degrees or in metres of which zone.

May import ``core`` and ``files/cell_values.py``; ``rows.py``, which places the rows of lists, also what reads tables.
"""
