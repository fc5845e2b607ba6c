"""In which encoding the words of a file are, and the words of files that say little about it.

Imports what ``files`` may import.
"""
