"""Helpers of ``make_default_data.py``: a made-up city on a steep river peninsula."""
