"""Numbers become sentences, in Chinese and English.

May import ``run``, ``geometry`` and ``safe_text`` of ``publish``, and ``core``.
"""
