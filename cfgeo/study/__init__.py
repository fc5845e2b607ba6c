"""``study.toml``, its standard, and its data in one metric CRS, with findings.

May import ``check`` and what is below it; knows no walk.
"""
