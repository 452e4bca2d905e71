"""GraphQL in, Cypher and parameters out. `python -m tests.projection.test_statements` writes the golden files anew."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from tests.projection.reads import COMPILER, compiled, request_of

GOLDEN = Path(__file__).parent / "golden"
SHAPES = sorted(path.stem for path in GOLDEN.glob("*.graphql"))


def laid_out(text: str) -> str:
    """A statement with one clause a line, indented by its braces."""
    lines, depth = [], 0
    for part in re.split(r"(?<=\{) (?=MATCH)| (?=\})|(?<!STARTS) (?=MATCH |WITH |RETURN |WHERE |ORDER BY )|\n", text):
        closing = part.startswith("}")
        lines.append("  " * (depth - closing) + part)
        depth += part.count("COLLECT {") + part.count("COUNT {") + part.count("EXISTS {")
        depth -= len(re.findall(r"(?<![^ ])\}", part))
    return "\n".join(lines)


def outcome(shape: str) -> str:
    """The statement of a shape, and its parameters."""
    query = (GOLDEN / f"{shape}.graphql").read_text(encoding="utf-8")
    given = GOLDEN / f"{shape}.json"
    variables = orjson.loads(given.read_bytes()) if given.exists() else None
    request = request_of(query, variables)
    read = COMPILER.operation(request)
    parameters = orjson.dumps(read.parameters(request.variables), option=orjson.OPT_SORT_KEYS).decode()
    return f"// {read.name} {parameters}\n{laid_out(read.text)}\n"


@pytest.mark.parametrize("shape", SHAPES)
def test_a_query_compiles_to_this_statement(shape: str) -> None:
    # given a query
    # when it is compiled
    # then statement and parameters are those of the golden file
    assert outcome(shape) == (GOLDEN / f"{shape}.cypher").read_text(encoding="utf-8")


def test_no_value_is_in_a_statement() -> None:
    # given a query with values that end a text, a list, a clause
    evil = "x'}) DETACH DELETE n //"
    query = f'{{ service(id: "{evil}") {{ id }} services(application: "{evil}") {{ nodes {{ id }} }} }}'
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
