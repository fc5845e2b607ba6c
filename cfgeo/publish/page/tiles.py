"""Map tiles under the page's map: only where a study asks for them, and only after the reader switches them on."""

from typing import Any

from cfgeo.core.results import Results
from cfgeo.core.strings import Lang, text

_TIANDITU = (
    "https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
_HOSTS = {"none": "", "osm": " https://tile.openstreetmap.org", "tianditu": " https://*.tianditu.gov.cn"}


def tile_hosts(results: Results) -> str:
    """Return the hosts that the page may load images from, as its security policy lists them; "" for none."""
    return _HOSTS[_choices(results)["tiles"]]


def tile_data(results: Results, *, lang: Lang) -> dict[str, Any] | None:
    """Return addresses, subdomains and the credit of the tiles; None where the study asks for none."""
    choices = _choices(results)
    if choices["tiles"] == "none":
        return None
    credit = text(f"page.tiles_{choices['tiles']}", lang)
    if choices["tiles"] == "osm":
        return {"urls": ["https://tile.openstreetmap.org/{z}/{x}/{y}.png"], "subdomains": "", "credit": credit}
    urls = [_TIANDITU.format(layer=layer, key=choices["tianditu_key"]) for layer in ("vec", "cva")]
    return {"urls": urls, "subdomains": "01234567", "credit": credit}


def _choices(results: Results) -> dict[str, str]:
    return results.parameters.get("map") or {"tiles": "none"}
