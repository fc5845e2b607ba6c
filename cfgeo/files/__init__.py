"""Any file or database becomes a table; OpenStreetMap becomes ways and features.

Imports ``core``. Only this wing and ``publish`` open files of the user's.
"""
