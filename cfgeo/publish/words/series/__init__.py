"""A series of years in words: its indicators as lines, its reasons as sentences, its small charts."""
