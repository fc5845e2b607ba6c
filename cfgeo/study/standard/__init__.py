"""Standards: the needs of a community, street block, street office and district, as clauses with their source."""

from cfgeo.study.standard.clause import Clause, Words
from cfgeo.study.standard.load import Standard, built_in_standards, load_standard
from cfgeo.study.standard.measures import Compare, Measure, Scope, Weight

__all__ = [
    "Clause",
    "Compare",
    "Measure",
    "Scope",
    "Standard",
    "Weight",
    "Words",
    "built_in_standards",
    "load_standard",
]
