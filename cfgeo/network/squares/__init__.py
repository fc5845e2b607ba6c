"""Squares: walkable areas → the ways across them. Imports from the wings below ``network`` alone."""
