"""The pages of docs/schema/: one for each declared type, written from its declaration."""

import re
from collections.abc import Iterable, Mapping
from inspect import cleandoc

import strawberry
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.str_converters import to_camel_case

from app.domain.kinds import Hop, Rule
from app.migrations import key_constraint
from app.projection.model import EntryOne
from graph_schema.declaration import Declaration, Many, One, declaration_of
from graph_schema.entries import entries_of
from graph_schema.kinds import hops_of
from graph_schema.stored import Stored, Write

_WRITTEN = {None: "no", Write.ONCE: "at creation", Write.ALWAYS: "yes"}
_DELETED = {
    Rule.CASCADE: "is deleted too",
    Rule.RESTRICT: "forbids it",
    Rule.CONFIRM: "stays, with the digest of the impact",
    Rule.DETACH: "stays",
}
_NAMES = {"int": "Int", "str": "String", "bool": "Boolean", "float": "Float", "datetime": "DateTime"}
_INTRODUCTION = """# Types of the graph

One page for each type of node: what it stores, where its edges lead, what may be written and what its deletion means.
All of it is written from the declarations in `graph_schema/` by `python -m graph_schema.export`;
[how a type is added](../adding-a-type.md).

The JSON Schema of manifests is [trellis-v1.schema.json](trellis-v1.schema.json).

| type | |
| --- | --- |
"""


def pages(schema: strawberry.Schema, query: type) -> Mapping[str, str]:
    """The text of each page by its file's name, README.md among them."""
    definitions = [each.definition for each in schema.schema_converter.type_map.values()]
    types = {each.origin for each in definitions if isinstance(each, StrawberryObjectDefinition)}
    declared = sorted((each for each in types if declaration_of(each)), key=lambda each: each.__name__)
    rows = [f"| [{each.__name__}]({_file(each)}) | {_description(each)} |" for each in declared]
    mutations = schema._schema.mutation_type.fields if schema._schema.mutation_type else {}
    found = {_file(each): _page(each, query, mutations) for each in declared}
    return {"README.md": _INTRODUCTION + "\n".join(rows) + "\n", **found}


def _file(type_: type) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type_.__name__).lower() + ".md"


def _description(type_: type) -> str:
    return " ".join(cleandoc(type_.__doc__ or "").split())


def _page(type_: type, query: type, mutations: Iterable[str]) -> str:
    declaration = declaration_of(type_)
    if declaration is None:
        raise TypeError(f"{type_.__name__} is not declared with @node")
    name = type_.__name__
    asked = [
        f"`{entry.name}`{'' if isinstance(entry, EntryOne) else ' (a page)'}"
        for entry in entries_of(query).values()
        if entry.target == name
    ]
    written = [f"`{verb}{name}`" for verb in ("create", "update", "delete") if f"{verb}{name}" in set(mutations)]
    parts = [
        f"# {name}",
        _description(type_),
        "\n".join(
            [
                "| | |",
                "| --- | --- |",
                f"| label | `{declaration.label}` |",
                f"| key | `{key_constraint(declaration.label)}` |",
                *([f"| id | `{declaration.key}` |"] if declaration.key else []),
                f"| queries | {', '.join(asked) or 'by edges only'} |",
                f"| mutations | {', '.join(written) or 'none of its own'} |",
            ]
        ),
        "## Properties",
        "\n".join(["| field | type | written | |", "| --- | --- | --- | --- |", *_properties(declaration)]),
    ]
    edges = _edges(declaration)
    if edges:
        head = ["| field | where it leads | written | when the node is deleted, what is there | |"]
        parts += ["## Edges", "\n".join([*head, "| --- | --- | --- | --- | --- |", *edges])]
    return "\n\n".join(parts) + "\n"


def _properties(declaration: Declaration) -> list[str]:
    found = []
    for name, each in declaration.fields.items():
        if isinstance(each, Stored):
            kind = getattr(each.type_, "__name__", str(each.type_))
            named = _NAMES.get(kind, kind)
            shown = f"[{named}]" if each.many else named
            written = "at creation" if declaration.key and name == "name" else _WRITTEN[each.write]
            optional = ", can be missing" if each.optional else ""
            found.append(f"| `{to_camel_case(name)}` | `{shown}`{optional} | {written} | {each.description} |")
    return found


def _edges(declaration: Declaration) -> list[str]:
    found = []
    for name, each in declaration.fields.items():
        if isinstance(each, One | Many):
            pattern = f"(:{declaration.label})" + "".join(_arrow(hop) for hop in hops_of(each, declaration))
            part = isinstance(each, One) and (each.fixed is not None or f"{{{name}}}" in (declaration.key or ""))
            written = "at creation" if part else _WRITTEN[each.write]
            deleted = _DELETED[each.on_delete]
            found.append(f"| `{to_camel_case(name)}` | `{pattern}` | {written} | {deleted} | {each.description} |")
    return found


def _arrow(hop: Hop) -> str:
    return f"-[:{hop.type}]->(:{hop.label})" if hop.outgoing else f"<-[:{hop.type}]-(:{hop.label})"
