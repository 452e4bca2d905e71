"""The comparison of answers with the schema finds what it is there to find."""

from __future__ import annotations

import pytest
from graphql import build_schema

from tests.clients.conformance import MEDIA, problems

SCHEMA = build_schema("""
type Query { things(first: Int): [Thing!] thing: Thing any: Any kind: Kind }
type Thing { name: String! size: Int }
type Other { name: String! weight: Float }
union Any = Thing | Other
enum Kind { BIG SMALL }
""")
GOOD = {"things": [{"name": "a", "size": 1}, {"name": "b", "size": None}]}
THINGS = "{ things { name size } }"
ANY = "{ any { ... on Thing { name } ... on Other { weight } } }"


def found(query: str, data: object, *, status: int = 200, media: str = MEDIA, **rest: object) -> list[str]:
    """What is wrong with these data."""
    return problems(SCHEMA, query, status=status, media=media, answer={"data": data, **rest})


@pytest.mark.parametrize(
    ("query", "data"),
    [
        (THINGS, GOOD),
        (THINGS, {"things": None}),
        ("{ a: thing { __typename name } ...More } fragment More on Query { kind }", {"a": None, "kind": "BIG"}),
        ("{ thing { name } thing { size } }", {"thing": {"name": "a", "size": 2}}),
        (ANY, {"any": {"name": "a"}}),
        (ANY, {"any": {"weight": 1.5}}),
    ],
)
def test_a_right_answer_is_accepted(query: str, data: object) -> None:
    # given an answer that the schema allows
    # when it is compared
    # then nothing is wrong with it
    assert found(query, data) == []


@pytest.mark.parametrize(
    ("query", "data", "wrong"),
    [
        (THINGS, {"things": [{"name": None, "size": 1}]}, "data.things[0].name is null, which its type does not allow"),
        (THINGS, {"things": [None]}, "data.things[0] is null, which its type does not allow"),
        (THINGS, {"things": {}}, "data.things is no list"),
        (THINGS, {"things": ["a"]}, "data.things[0] is no object"),
        (THINGS, {"things": [{"name": "a", "size": True}]}, "data.things[0].size is True, which is no Int"),
        (THINGS, {"things": [{"name": "a", "size": 2**31}]}, "data.things[0].size is 2147483648, which is no Int"),
        (THINGS, {"things": [{"size": 1, "name": "a"}]}, "data.things[0] has ['size', 'name'], selected was"),
        (THINGS, {}, "data has [], selected was ['things']"),
        ("{ kind }", {"kind": "HUGE"}, "data.kind is 'HUGE', which is no Kind"),
        (ANY, {"any": {"name": "a", "weight": 1}}, "data.any has ['name', 'weight'], selected was ['name']"),
        (THINGS, None, "data is null without an error"),
    ],
)
def test_a_wrong_answer_is_found(query: str, data: object, wrong: str) -> None:
    # given an answer with one mistake
    # when it is compared
    [said] = found(query, data)
    # then the mistake is named
    assert said.startswith(wrong)


@pytest.mark.parametrize(
    ("status", "answer", "wrong"),
    [
        (200, {"errors": [{"message": "no"}]}, "status 200 for an answer without data"),
        (500, {"errors": [{"message": "no"}]}, "status 500 for an answer without data"),
        (400, {"data": GOOD}, "status 400 for an answer with data"),
        (400, {"errors": []}, "errors is no list of errors"),
        (400, {"errors": [{"code": 1}]}, "an error without a message: {'code': 1}"),
        (400, {"errors": [{"message": "no", "locations": [{"line": 0, "column": 1}]}]}, "an error is nowhere:"),
        (400, {"errors": [{"message": "no", "path": [None]}]}, "an error's path: [None]"),
        (400, {"errors": [{"message": "no"}], "trace": "x"}, "the answer has ['trace']"),
        (400, {}, "the answer has neither data nor errors"),
    ],
)
def test_a_wrong_form_is_found(status: int, answer: object, wrong: str) -> None:
    # given an answer whose form is wrong in one way
    # when it is looked at
    [said] = problems(SCHEMA, THINGS, status=status, media=f"{MEDIA}; charset=utf-8", answer=answer)
    # then that is named
    assert said.startswith(wrong)


def test_another_media_type_is_found() -> None:
    # given a right answer in another media type
    # when it is looked at
    # then the media type is named
    assert found(THINGS, GOOD, media="application/json") == ["the media type is application/json"]
