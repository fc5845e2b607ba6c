"""Where the data comes from: each source once, and the standard by its title."""

import dataclasses

import pytest
from worlds.publish_results import sample_results

from cfgeo.core.schema import InputFile
from cfgeo.core.strings import LANGUAGES, Lang
from cfgeo.publish.words.names import in_language
from cfgeo.publish.words.sources import dated_sources, provenance


def test_a_source_is_named_once_with_all_its_dates() -> None:
    results = sample_results()
    told = [("OpenStreetMap", "2023"), ("OpenStreetMap; SRTM", ""), ("民政局；OpenStreetMap", "2024")]
    files = [
        dataclasses.replace(results.inputs.files[0], role=f"layers.l{nth}", source=source, date=date)
        for nth, (source, date) in enumerate(told)
    ]
    results = dataclasses.replace(results, inputs=dataclasses.replace(results.inputs, files=tuple(files)))
    assert all(isinstance(file, InputFile) for file in files)
    assert dated_sources(results, lang="en") == "OpenStreetMap (2023, 2024), SRTM, 民政局 (2024)"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_table_was_made_from_names_the_standard_by_its_title(lang: Lang) -> None:
    results = sample_results()
    standard, words = results.parameters["standard"], provenance(results, lang)
    assert str(in_language(standard, "title", lang)) in words
    assert standard["id"] not in words.split("; ")
