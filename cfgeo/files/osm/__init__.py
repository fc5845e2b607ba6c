"""OpenStreetMap files become streets, and facilities by their tags; ``tags`` says what tags mean on foot.

``reader`` opens any such file for ``osmium``; ``elements`` and ``clean`` put in order what osmium would misread.
May import ``core`` and its neighbours in ``files``.
"""
