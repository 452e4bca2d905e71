"""What the server makes of compiled reads: every entry and every edge of the schema, none of them by a scan."""

from __future__ import annotations

import pytest

from app.projection.model import EntryOne, EntryPage, Leaf, ToMany
from tests.guards.execution_plans import costly, read, writes
from tests.guards.patterns import outside
from tests.projection.reads import COMPILER, Reads, compiled, request_of

MODEL = COMPILER.model


def _filtered(entry: EntryPage) -> list[str]:
    values = {"state": "READY", "status": "FAILED"}
    if entry.name == "runs":
        values["state"] = "FAILED"
    single = [each.argument[0] for each in entry.filters if len(each.argument) == 1]
    return [f"{name}: {values[name]}" if name in values else f'{name}: "x"' for name in single]


def queries() -> list[str]:
    """One query for each entry, each filter of an entry, and each edge of each type."""
    found = []
    for entry in MODEL.entries.values():
        if isinstance(entry, EntryOne):
            argument = '(id: "x")' if entry.argument else ""
            found.append(f"{{ {entry.name}{argument} {{ id }} }}")
            continue
        after = '"5"' if entry.name == "events" else '"WyJ4Il0"'
        found.append(f"{{ {entry.name}(after: {after}) {{ totalCount nodes {{ id }} }} }}")
        found += [f"{{ {entry.name}({each}) {{ totalCount nodes {{ id }} }} }}" for each in _filtered(entry)]
        for each in MODEL.types[entry.target].fields.values():
            if isinstance(each, Leaf):
                continue
            inner = "{ id }"
            if isinstance(each, ToMany):
                keys = "WzEsIngiXQ" if len(each.order) == 2 else "WyJ4Il0"
                inner = f'(after: "{keys}") {{ totalCount edges {{ cursor node {{ id }} }} }}'
            found.append(f"{{ {entry.name} {{ nodes {{ {each.name} {inner} }} }} }}")
    return found


@pytest.mark.parametrize("query", queries())
def test_every_pattern_of_a_read_names_the_tenant(query: str) -> None:
    # given a query
    # when the node patterns of its statement are read
    # then each is constrained by $tenant, or is a node that an earlier pattern has constrained
    assert outside(compiled(query).text) == []


@pytest.mark.parametrize("query", queries())
async def test_no_read_scans(reads: Reads, query: str) -> None:
    # given a query
    request = request_of(query)
    compiled = COMPILER.operation(request)
    parameters = {**compiled.parameters(request.variables), "tenant": reads.actor.tenant, "actor": reads.actor.id}
    # when the server plans its statement
    explained = await reads.graph.explain(compiled.text, parameters)
    # then it finds everything by index and edge, knows every name, and changes nothing
    assert costly(read(explained.plan)) == []
    assert explained.notifications == ()
    assert not explained.writes
    assert writes(read(explained.plan)) == []
