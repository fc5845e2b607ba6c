"""Measures of clauses: the keys that each needs or reads, and the scopes that it has."""

from typing import Literal

from cfgeo.core.schema import COMMUNITIES, STREET_BLOCKS

Measure = Literal[
    "reach", "all_reach", "present", "count", "rate", "facility_share", "near", "none_within", "length_share",
    "connected", "school_routes", "reported",
]  # fmt: skip
Compare = Literal["at_least", "more_than", "at_most", "less_than"]
"""How a value has to compare with its need; of the last two less is better."""
Weight = Literal["capacity", "enrolment"]
Scope = Literal["community", "block", "street_office", "district"]
NEEDED_KEYS: dict[Measure, tuple[str, ...]] = {
    "reach": ("layer", "walker", "need_share"),
    "all_reach": ("need_share",),
    "present": ("layer", "need_count"),
    "count": ("layer", "need_count"),
    "rate": ("layer", "need_rate"),
    "facility_share": ("layer", "attribute", "need_share"),
    "near": ("layer", "near_layer", "within_m", "need_share"),
    "none_within": ("layer", "near_layer", "within_m", "need_share"),
    "length_share": ("layer", "attribute", "need_share"),
    "connected": ("need_share",),
    "school_routes": ("need_share",),
    "reported": ("need_value",),
}
NEED_KEY = {"present": "need_count", "count": "need_count", "rate": "need_rate", "reported": "need_value"}
WITH_REFERENCE: tuple[Measure, ...] = ("rate", "reported")
"""Measures whose need may be a value of the study's ``[references]``."""
MAY_ASK_FOR_LITTLE: tuple[Measure, ...] = ("count", "rate", "facility_share", "near", "length_share", "reported")
"""Measures of which a clause may ask for little: at most, or less than."""
UNIT_PARTS = {"": 1.0, "%": 0.01, "‰": 0.001}
"""A unit of shares → its part of the whole."""
READING_MEASURES: dict[str, tuple[Measure, ...]] = {
    "of": ("all_reach",),
    "among_kinds": ("present", "count"),
    "min_capacity": ("present", "count"),
    "names": ("count",),
    "more_layers": ("facility_share", "near", "none_within"),
    "attribute_order": ("facility_share", "length_share"),
    "weigh_by": ("facility_share",),
    "amount": ("rate",),
    "per": ("rate",),
    "reference": WITH_REFERENCE,
    "indicator": ("reported",),
    "need_value": ("reported",),
    "unit": ("reported",),
    "near_kind": ("near", "none_within"),
    "along": ("near", "none_within"),
}
"""The measures that read a key: elsewhere it would do nothing."""
SCOPES: dict[Measure, tuple[Scope, ...]] = {
    "present": ("community", "block", "street_office"),
    "school_routes": ("community", "street_office", "district"),
}
"""Scopes of the measures that do not have all of them."""
OF_UNITS: tuple[Measure, ...] = ("count", "facility_share")
"""Measures whose places can be the communities or street blocks themselves."""
UNIT_SCOPES: dict[str, tuple[Scope, ...]] = {
    COMMUNITIES: ("community", "block", "street_office", "district"),
    STREET_BLOCKS: ("block", "district"),
}
"""Scopes that hold whole communities, or whole street blocks."""
