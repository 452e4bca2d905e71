"""`python -m graph_schema.export` writes schema.graphql, the schema as text, beside this module."""

from pathlib import Path

from graph_schema.schema import build_schema

SCHEMA = Path(__file__).with_name("schema.graphql")


def text() -> str:
    """The schema as it stands in schema.graphql."""
    return build_schema().as_str().rstrip() + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
