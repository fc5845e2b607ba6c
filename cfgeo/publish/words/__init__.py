"""Numbers become sentences, in Chinese and English.

Imports ``run``, ``geometry`` and ``safe_text`` of ``publish``, and ``core``.
"""
