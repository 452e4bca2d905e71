"""The GraphQL the command line sends: one operation a file, whole, so that it can be pasted into GraphiQL."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def document(name: str) -> str:
    """The text of `<name>.graphql`. Raises FileNotFoundError where there is none."""
    return files(__package__).joinpath(f"{name}.graphql").read_text(encoding="utf-8")
