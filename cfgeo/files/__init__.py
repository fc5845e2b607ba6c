"""Any file or database becomes a table; OpenStreetMap becomes ways and features.

May import ``core``. Tables, archives and OpenStreetMap are opened in this wing alone; ``read`` chooses the reader.
"""
