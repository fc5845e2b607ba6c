"""A series in a few lines of text: each indicator of the district with its years, target and reasons."""

from cfgeo.core.strings import Lang, text
from cfgeo.publish.compared.series.indicators import DISTRICT
from cfgeo.publish.compared.series.table import Series
from cfgeo.publish.words.series.heading import series_title
from cfgeo.publish.words.series.lines import series_lines


def series_text(series: Series, *, lang: Lang) -> str:
    """Return the district's indicators as lines, what could not be read first."""
    lines = [series_title(series, lang), *(note.text(lang) for note in series.notes)]
    if len(series.runs) == 1:
        lines.append(text("series.note_one_year", lang))
    for line in series_lines(series, lang, DISTRICT):
        values = " → ".join(line.shown.values())
        key = "series.said_line" if line.asks and line.status else "series.said_line_short"
        lines.append(text(key, lang, name=line.name, values=values, target=line.asks, status=line.status))
        lines += [f"  - {line.changes}"] if line.changes else []
    return "\n".join(lines)
