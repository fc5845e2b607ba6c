"""OpenStreetMap files become streets, and facilities by their tags; ``tags`` says what tags mean on foot.

May import ``core`` and its neighbours in ``files``.
"""
