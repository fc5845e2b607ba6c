"""Tables become findings: what is wrong with the data, where, and how to fix it.

Imports ``network``, ``files`` and ``core``; reads no file.
"""
