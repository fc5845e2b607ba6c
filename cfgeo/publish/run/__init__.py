"""The folder that a run writes: put into place whole, recorded, kept by year, read again.

May import ``geometry``, ``safe_text`` and ``core``.
"""
