"""Figures that departments report: tables without places, by year, area and sex.

Imports what :mod:`cfgeo.study` may.
"""
