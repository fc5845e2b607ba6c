"""Any file or database becomes a table; OpenStreetMap becomes ways and features.

May import ``core``. A user's tables and OpenStreetMap files are opened in this wing alone; ``read`` chooses the reader.
"""
