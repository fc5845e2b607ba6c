"""Write the JSON Schemas of the files that users write in TOML: ``python scripts/make_schemas.py [--check]``.

They are made from the models that read these files, and lie in ``cfgeo/schemas/``; that of ``study.toml`` also beside
the default study, with which it is copied. A test tells when they have to be made again.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from cfgeo.core.strings import LANGUAGES, text
from cfgeo.scenarios.lists.changes import ChangesFile
from cfgeo.scenarios.lists.projects import ReserveFile
from cfgeo.study.config import Study
from cfgeo.study.standard import Standard
from cfgeo.study.start.new_study import SCHEMAS, schema_name

ROOT = Path(__file__).resolve().parents[1]
MODELS: Mapping[str, type[BaseModel]] = {
    "study": Study,
    "standard": Standard,
    "changes": ChangesFile,
    "projects": ReserveFile,
}


class WithoutNull(GenerateJsonSchema):
    """TOML has no null: what may be missing is left out."""

    def nullable_schema(self, schema: Any) -> Any:
        """Return the schema of the value alone."""
        return self.generate_inner(schema["schema"])


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file, with what it is in both languages as its title."""
    own = plain(MODELS[name].model_json_schema(schema_generator=WithoutNull))
    title = " / ".join(text(f"schema.{name}", lang) for lang in LANGUAGES)
    whole = with_heading(own) if name == "standard" else own
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "title": title}


def plain(part: Any) -> Any:
    """Return a schema without pydantic's titles, and with the first paragraph of each docstring."""
    if isinstance(part, list):
        return [plain(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: item for key, item in part.items() if not (key == "title" and isinstance(item, str))}
    if isinstance(kept.get("description"), str):
        kept["description"] = " ".join(kept["description"].partition("\n\n")[0].split())
    return {key: plain(item) for key, item in kept.items()}


def with_heading(own: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a standard as its file has it: all but the clauses under ``[standard]``."""
    heading = {key: item for key, item in own.items() if key != "$defs"}
    about = {key: item for key, item in heading["properties"].items() if key != "clause"}
    needed = [key for key in heading["required"] if key != "clause"]
    return {
        "$defs": own["$defs"],
        "type": "object",
        "properties": {
            "standard": {**heading, "properties": about, "required": needed},
            "clause": heading["properties"]["clause"],
        },
        "required": ["standard", "clause"],
        "additionalProperties": False,
    }


def files() -> dict[Path, str]:
    """Return each file that is to be written, and what it shall hold."""
    bodies = {name: json.dumps(schema_of(name), ensure_ascii=False, indent=1) + "\n" for name in SCHEMAS}
    shipped = {ROOT / "cfgeo" / "schemas" / schema_name(name): body for name, body in bodies.items()}
    return {**shipped, ROOT / "data" / schema_name("study"): bodies["study"]}


def main(arguments: list[str]) -> int:
    """Write the files; with ``--check`` only name those that differ."""
    stale = [file for file, body in files().items() if not file.is_file() or file.read_text(encoding="utf-8") != body]
    for file in stale:
        if "--check" not in arguments:
            file.write_text(files()[file], encoding="utf-8", newline="\n")
        print(file.relative_to(ROOT).as_posix())
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
