"""Words, errors, and the frozen values that the wings hand to each other.

Imports nothing of cfgeo.
"""

LANG_VARIABLE = "CFGEO_LANG"
"""Environment variable with what ``--lang`` before the verb would say; the summary of results in a notebook, too."""
