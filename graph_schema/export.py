"""`python -m graph_schema.export` writes the schema as text beside this module, and the pages of docs/schema/."""

from collections.abc import Mapping
from pathlib import Path

from graph_schema.pages import pages
from graph_schema.queries import Query
from graph_schema.schema import build_schema

SCHEMA = Path(__file__).with_name("schema.graphql")
PAGES = Path(__file__).parents[1] / "docs" / "schema"


def text() -> str:
    """The schema as it stands in schema.graphql."""
    return build_schema().as_str().rstrip() + "\n"


def written_pages() -> Mapping[str, str]:
    """The pages as they stand in docs/schema/, by name."""
    return pages(build_schema(), Query)


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8")
    current = written_pages()
    for page in PAGES.glob("*.md"):
        if page.name not in current:
            page.unlink()
    for name, content in current.items():
        (PAGES / name).write_text(content, encoding="utf-8")
