"""The JSON Schema of manifests, made from the models, for editors and other tools.

`python -m app.domain.manifest_schema` writes it to `docs/schema/`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, TypeAdapter

from app.domain.manifests import Manifest

SCHEMA_FILE: Final = Path(__file__).parents[2] / "docs" / "schema" / "trellis-v1.schema.json"


def manifest_schema() -> dict[str, object]:
    """The schema of one document (JSON Schema draft 2020-12); `kind` says which of its alternatives applies."""
    adapter: TypeAdapter[Manifest] = TypeAdapter(Annotated[Manifest, Field(discriminator="kind")])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:trellis:schema:v1",
        "title": "Trellis manifest",
        "description": "One document of a manifest file.",
        **adapter.json_schema(),
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(manifest_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.parent.mkdir(parents=True, exist_ok=True)
    SCHEMA_FILE.write_text(schema_text())
    sys.stdout.write(f"{SCHEMA_FILE}\n")
