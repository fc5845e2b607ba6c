"""The first study of a place: drafted from the user's own files, or fetched from OpenStreetMap.

Imports what ``study`` may import.
"""
