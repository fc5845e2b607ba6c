"""What departments and maps call things: the kinds of places, and the words that messages give back to users.

May import ``core`` and its neighbours in ``files``.
"""
