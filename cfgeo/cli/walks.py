"""The verbs about a single walk: how far one comes, and what its minutes are spent on."""

from pathlib import Path
from typing import Annotated

import typer

from cfgeo.cli.console import (
    CacheOption,
    LangOption,
    NoCacheOption,
    StudyPath,
    cache_folder,
    clear_errors,
    minutes_of,
    position,
    say,
    write_each,
)
from cfgeo.core.strings import DEFAULT_LANG, text


def reach(
    study: StudyPath,
    start: Annotated[str, typer.Option("--from", metavar="LON,LAT", help="The place, in WGS-84 degrees.")],
    minutes: Annotated[
        list[str] | None, typer.Option("--minutes", help="Walks, with commas between; 5,10,15. May stand twice.")
    ] = None,
    walker: Annotated[str | None, typer.Option("--walker", help="Who walks; the study's walker when missing.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--output", help="GeoJSON file; stdout when missing.")] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Draw the land from which a child walks to a place within some minutes."""
    with clear_errors(lang):
        import shapely

        from cfgeo.assess.isochrones import reach_from
        from cfgeo.files.vocabulary.words import own_word
        from cfgeo.publish.geometry import MAP_DEGREE_DECIMALS
        from cfgeo.publish.run.folder import write_whole
        from cfgeo.study.config import load_study

        lon, lat = position(start)
        limits, kept = minutes_of(minutes or ["5,10,15"]), cache_folder(cache, off=no_cache)
        shapes = reach_from(
            load_study(study), lon, lat, minutes=limits, walker=walker and own_word(walker, "walkers"), cache=kept
        )
        shapes = shapes.set_geometry(shapely.transform(shapes.geometry, lambda xy: xy.round(MAP_DEGREE_DECIMALS)))
        body = shapes.to_json(ensure_ascii=False, drop_id=True)
        if out is None:
            say(body)
            return
        write_whole(out, body.encode())
        say(text("cli.wrote", lang, path=out))


def explain(
    study: StudyPath,
    start: Annotated[str | None, typer.Option("--from", metavar="LON,LAT", help="A point, in WGS-84 degrees.")] = None,
    community: Annotated[
        str | None, typer.Option("--community", metavar="CODE", help="A community's code or name: its median child.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Where to; all that the standard asks.")] = None,
    out: Annotated[
        list[Path] | None, typer.Option("-o", "--output", help="A .geojson, .png, .svg or .pdf; may stand twice.")
    ] = None,
    lang: LangOption = DEFAULT_LANG,
    cache: CacheOption = None,
    no_cache: NoCacheOption = False,
) -> None:
    """Say what the minutes of a walk to the nearest place are spent on."""
    with clear_errors(lang):
        from cfgeo.files.vocabulary.words import own_word
        from cfgeo.pipeline.explain import explain_study
        from cfgeo.publish.words.explanation import explanation_text
        from cfgeo.publish.writers import EXPLAINED_FORMATS, require_formats, write_explained
        from cfgeo.study.config import load_study

        require_formats(out or [], EXPLAINED_FORMATS)
        lonlat = None if start is None else position(start)
        kept, layer = cache_folder(cache, off=no_cache), layer and own_word(layer, "layer_names")
        explanations = explain_study(load_study(study), lonlat=lonlat, community=community, layer=layer, cache=kept)
        say(explanation_text(explanations, lang=lang))
        write_each(write_explained, explanations, out, lang=lang)
