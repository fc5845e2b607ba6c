"""The command line: a verb parses, calls one function, prints.

Imports every wing; nothing imports it.
"""
