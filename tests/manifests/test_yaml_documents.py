"""YAML text: what is read, where it is written, and what is refused."""

from __future__ import annotations

import pytest

from app.domain.yaml_documents import MAX_ALIASED, MAX_DEPTH, Position, TextProblem, read_yaml


def problems(text: str) -> list[tuple[int, int, tuple[str | int, ...], str]]:
    found = read_yaml(text)[1]
    return [(one.position.line, one.position.column, one.path, one.message) for one in found]


def test_documents_are_json_values_with_their_places() -> None:
    # given
    text = 'a: é\nb:\n  - 1\n  - {c: "2", d: [true, null, -1.5]}\n---\n---\n- x: |\n    y\n...\n'

    # when
    documents, wrong = read_yaml(text)

    # then
    assert wrong == []
    assert [document.content for document in documents] == [
        {"a": "é", "b": [1, {"c": "2", "d": [True, None, -1.5]}]},
        [{"x": "y\n"}],
    ]
    place = documents[0].place
    assert place.find(()).position == Position(1, 1)
    assert place.find(("a",)).position == Position(1, 1)
    assert place.find(("b",)).position == Position(2, 1)
    assert place.find(("b", 0)).position == Position(3, 5)
    assert place.find(("b", 1, "d")).position == Position(4, 14)
    assert place.find(("b", 1, "d", 2)).position == Position(4, 30)
    assert place.find(("b", 1, "d", 2)).source == "-1.5"
    assert place.find(("b", 1, "c")).source is None
    assert documents[1].place.find((0, "x")).position == Position(7, 3)


def test_a_missing_part_is_found_at_what_should_hold_it() -> None:
    # given
    place = read_yaml("a:\n  b: {}\n")[0][0].place

    # then
    assert place.find(("a", "b", "c", 0)).position == Position(2, 3)
    assert place.find(("x",)).position == Position(1, 1)


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "---\n---\n", "null\n", "~"])
def test_a_text_without_content_has_no_document(text: str) -> None:
    assert read_yaml(text) == ([], [])


def test_what_every_reader_takes_for_text_is_text() -> None:
    # given
    plain = ["1.2.3", "v1", "8080:80", "y", "100m", "1Gi", "sha256:12", "a no b", "1 2", "12-25", "!!str 010"]

    # when
    documents, wrong = read_yaml("\n".join(f"- {text}" for text in plain))

    # then
    assert wrong == []
    assert documents[0].content == [*plain[:-1], "010"]


@pytest.mark.parametrize(
    ("plain", "truth"),
    [("no", "false"), ("No", "false"), ("OFF", "false"), ("yes", "true"), ("YES", "true"), ("on", "true")],
)
def test_words_that_are_truth_values_to_some_readers_must_be_quoted(plain: str, truth: str) -> None:
    # when
    documents, wrong = read_yaml(f"a:\n  - b: {plain}\n  - b: '{plain}'\n")

    # then
    message = f'{plain} is {truth} to some YAML readers and text to others: quote it, "{plain}"'
    assert wrong == [TextProblem(Position(2, 5), ("a", 0, "b"), message)]
    assert documents[0].content == {"a": [{"b": plain}, {"b": plain}]}


@pytest.mark.parametrize(
    "plain",
    ["010", "0o17", "0x1F", "0b1", "+1", "1_000", ".5", "1.", "1e3", "1.0e+3", "22:22", "1:30.5", ".inf", ".NaN"],
)
def test_numbers_that_differ_between_readers_must_be_quoted(plain: str) -> None:
    message = f'{plain} is not the same number, or none, to every YAML reader: quote it, "{plain}", if it is text'
    assert problems(f"a: {plain}") == [(1, 1, ("a",), message)]


@pytest.mark.parametrize("plain", ["2026-01-31", "2026-1-3", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00"])
def test_dates_must_be_quoted(plain: str) -> None:
    message = f'{plain} is a date to some YAML readers and text to others: quote it, "{plain}"'
    assert problems(f"- {plain}") == [(1, 3, (0,), message)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("on: 1", (1, 1, (), 'on is true to some YAML readers and text to others: quote it, "on"')),
        ("a:\n  1: x", (2, 3, ("a",), 'the key 1 is not text: quote it, "1"')),
        ("a: &x {b: 1}\nc:\n  <<: *x", (3, 3, ("c",), "merge keys (<<) are not read here: write the fields out")),
        ("a: 1\nb: 2\na: 3", (3, 1, ("a",), "is written twice; first in line 1, column 1")),
        ("- !secret x", (1, 3, (0,), "has the tag !secret, which is not read here")),
        (
            "a: !!python/object:os.system []",
            (1, 1, ("a",), "has the tag tag:yaml.org,2002:python/object:os.system, which is not read here"),
        ),
        ("a: *x", (1, 1, ("a",), "the alias *x has no anchor &x before it")),
        ("a: &x 1\n---\na: *x", (3, 1, ("a",), "the alias *x has no anchor &x before it")),
        ("- a\n- &x [1, *x]", (2, 10, (1, 1), "the alias *x stands within what it refers to, without end")),
        ("? [a]\n: b", (1, 3, (), "a key must be text, not a mapping or list")),
        ("a: &x b\n*x : c", (2, 1, (), "a key must be text, not an alias")),
        ("a: \x07", (1, 4, (), "holds the character U+0007, which YAML does not allow")),
        (
            "a: b\nc: 'x\n",
            (
                *(3, 1, ()),
                "is not YAML: found unexpected end of stream while scanning a quoted scalar that begins in line 2",
            ),
        ),
        ("a: b: c", (1, 5, (), "is not YAML: mapping values are not allowed in this context")),
        (
            "a:\n\t- b",
            (
                *(2, 1, ()),
                "is not YAML: found character that cannot start any token while scanning for the next token; indent "
                "with spaces, not tabs",
            ),
        ),
        (
            "a: [1, 2\nb: 3\n",
            (
                *(2, 2, ()),
                "is not YAML: did not find expected ',' or ']' while parsing a flow sequence that begins in line 1",
            ),
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, problem: tuple[int, int, tuple[str | int, ...], str]) -> None:
    assert problems(text) == [problem]


def test_after_a_syntax_error_the_documents_before_it_remain() -> None:
    # when
    documents, wrong = read_yaml("a: 1\n---\nb: [\n---\nc: 1\n")

    # then
    assert [document.content for document in documents] == [{"a": 1}]
    assert [(one.position, one.path) for one in wrong] == [(Position(4, 1), ())]
    assert wrong[0].message.startswith("is not YAML: ")


def test_aliases_stand_for_their_values_and_keep_their_places() -> None:
    # when
    documents, wrong = read_yaml("a: &x {b: [1, 2]}\nc: *x\n")

    # then
    assert wrong == []
    assert documents[0].content == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}
    assert documents[0].place.find(("c",)).position == Position(2, 1)
    assert documents[0].place.find(("c", "b", 1)).position == Position(1, 15)


def test_a_text_that_grows_through_aliases_is_refused() -> None:
    # given
    levels = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    # then
    assert problems("\n".join(levels)) == [
        (5, 45, ("a4", 7), f"the aliases stand for more than {MAX_ALIASED:,} values")
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused(opening: str) -> None:
    # when
    documents, wrong = read_yaml(opening * 100_000)

    # then
    assert documents == []
    assert [(one.position, len(one.path), one.message) for one in wrong] == [
        (
            Position(1, 1 + MAX_DEPTH * len(opening)),
            MAX_DEPTH,
            f"mappings and lists are nested more than {MAX_DEPTH} deep",
        )
    ]
