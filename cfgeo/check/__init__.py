"""Tables become findings: what is wrong with the data, where, and how to fix it.

May import ``network``, ``files`` and ``core``; reads no file.
"""
