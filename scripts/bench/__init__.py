"""Benchmarks, as ratios within one run: ``python scripts/bench STUDY …``."""
