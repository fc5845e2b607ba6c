"""Runs of several years → every indicator by year, and what changed from one to the next and why."""
