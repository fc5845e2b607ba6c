"""The folder that a run writes: put into place whole, recorded, read again, compared.

May import ``geometry``, ``safe_text`` and ``core``.
"""
