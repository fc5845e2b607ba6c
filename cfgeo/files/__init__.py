"""Any file or database becomes a table; OpenStreetMap becomes ways and features.

Imports ``core``. Tables, archives and OpenStreetMap are opened in this wing alone; ``read`` chooses the reader.
"""
