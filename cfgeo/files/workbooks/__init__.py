"""Workbooks and the cells of their sheets; how a sheet is laid out, which holds of CSV as well.

Imports what ``files`` may import.
"""
