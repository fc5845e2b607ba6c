"""Helpers of ``make_default_data.py``: an invented city on a steep river peninsula."""
