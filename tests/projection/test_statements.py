"""GraphQL in, Cypher and parameters out. `python -m tests.projection.test_statements` writes the golden files anew."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest
from graphql import FieldNode, is_union_type

from app.projection.compiler import Compiled, Compiler, Request
from tests.projection.reads import COMPILER, SCHEMA, compiled, request_of

UNDER_A_RULE = Compiler(
    COMPILER.model, SCHEMA._schema, guard=lambda type_, variable: f"$role IN {variable}.readers_of_{type_.name}"
)
GOLDEN = Path(__file__).parent / "golden"
SHAPES = sorted(path.stem for path in GOLDEN.glob("*.graphql"))


def laid_out(text: str) -> str:
    """A statement with one clause a line, indented by its braces."""
    lines, depth = [], 0
    for part in re.split(
        r"(?<=\{) (?=MATCH|UNWIND)| (?=\})|(?<!STARTS) (?=MATCH |WITH |CALL |RETURN |WHERE |ORDER BY )|\n", text
    ):
        closing = part.startswith("}")
        lines.append("  " * (depth - closing) + part)
        depth += len(re.findall(r"(?:COLLECT|COUNT|EXISTS|CALL \(\w+\)) \{", part))
        depth -= len(re.findall(r"(?<![^ ])\}", part))
    return "\n".join(lines)


def outcome(shape: str) -> str:
    """The statement of a shape, and its parameters."""
    query = (GOLDEN / f"{shape}.graphql").read_text(encoding="utf-8")
    given = GOLDEN / f"{shape}.json"
    variables = orjson.loads(given.read_bytes()) if given.exists() else None
    request = request_of(query, variables)
    read = _read(shape, request)
    parameters = orjson.dumps(read.parameters(request.variables), option=orjson.OPT_SORT_KEYS).decode()
    return f"// {read.name} {parameters}\n{laid_out(read.text)}\n"


def _read(shape: str, request: Request) -> Compiled:
    """What a shape compiles to: under a rule of who sees what, as what a payload shows of a node, or as a query."""
    if shape.startswith("under_a_rule"):
        return UNDER_A_RULE.operation(request)
    if shape.startswith("payload"):
        [field] = request.operation.selection_set.selections
        assert isinstance(field, FieldNode)
        return COMPILER.node(request, "Service", (), [field])
    return COMPILER.operation(request)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_query_compiles_to_this_statement(shape: str) -> None:
    # given a query
    # when it is compiled
    # then statement and parameters are those of the golden file
    assert outcome(shape) == (GOLDEN / f"{shape}.cypher").read_text(encoding="utf-8")


def test_every_interface_and_union_that_is_projected_has_a_statement() -> None:
    # given all abstract types that compiled reads know
    projected = set(COMPILER.model.abstract)
    # when the golden queries are read
    asked = {
        condition
        for shape in SHAPES
        for condition in re.findall(r"\bon ([A-Z]\w*)", (GOLDEN / f"{shape}.graphql").read_text(encoding="utf-8"))
    }
    # then a fragment on each is among them; the only union of the schema is of messages of a subscription
    assert projected == {"Node", "Named", "Described"}
    assert projected <= asked
    assert [name for name, each in SCHEMA._schema.type_map.items() if is_union_type(each)] == ["EventMessage"]


def test_no_value_is_in_a_statement() -> None:
    # given a query with values that end a text, a list, a clause
    evil = "x'}) DETACH DELETE n //"
    query = (
        f'{{ service(id: "{evil}") {{ id }} services(where: {{name: {{contains: "{evil}"}}}}) {{ nodes {{ id }} }} }}'
    )
    # when it is compiled
    read = compiled(query)
    # then they are parameters, and the text holds no quote at all
    assert list(read.parameters(request_of(query).variables).values()).count(evil) == 2
    assert "'" not in read.text
    assert '"' not in read.text
    assert "DELETE" not in read.text


if __name__ == "__main__":
    for each in SHAPES:
        (GOLDEN / f"{each}.cypher").write_text(outcome(each), encoding="utf-8")
