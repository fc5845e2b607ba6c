"""Clauses in words: what they ask, what was found, what is missing, and which places fall short.

May import ``names`` and ``numbers`` of ``words``, and ``core``.
"""
