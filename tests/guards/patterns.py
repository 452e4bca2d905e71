"""Reads the node patterns of a Cypher statement, and says which of them are not kept to one tenant.

No parser of the whole language: it knows how our statements are written, and what it does not understand it reports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<word>[$]?[A-Za-z_]\w*|`[^`]+`)"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<sign>\.\.|[^\s\w])",
    re.DOTALL,
)
_CLAUSES = {"MATCH", "OPTIONAL", "CREATE", "MERGE", "SET", "REMOVE", "DELETE", "DETACH", "UNWIND", "RETURN", "WITH"}
_CLAUSES |= {"CALL", "FOREACH", "WHERE", "ORDER", "SKIP", "LIMIT", "UNION"}
_WORDS = {"AND", "OR", "XOR", "NOT", "IN", "AS", "ON", "THEN", "ELSE", "WHEN", "CASE", "END", "EXISTS", "COLLECT"}
_WORDS |= {"COUNT", "DISTINCT", "STARTS", "ENDS", "CONTAINS", "IS", "NULL", "BY"} | _CLAUSES
_SUBQUERIES = frozenset({"EXISTS", "COLLECT", "COUNT"})
_KEPT_PATH = re.compile(r"all\((\w+) IN nodes\(\w+\) WHERE \1\.tenant = \$tenant\)")
_CHECKED_END = re.compile(
    r"(MATCH (\w+) = \(\w+\)<?-\[[^\]]*\]->?\(\w+)"
    r"(\)\s+WHERE all\((\w+) IN nodes\(\2\) WHERE \4\.tenant = \$tenant\))(?!\s+OR)"
)
"""A path from a known node whose nodes are all checked right after it: its far end is one of them."""


@dataclass(slots=True)
class _Scope:
    """The variables known between one pair of braces, and where a UNION starts again."""

    known: set[str] = field(default_factory=set)
    subquery: bool = False


def _tokens(text: str) -> list[str]:
    return [match[0] for match in _TOKEN.finditer(text) if match.lastgroup]


def _closing(tokens: Sequence[str], start: int) -> int:
    """The index of the bracket that closes the one at `start`."""
    pairs = {"(": ")", "{": "}", "[": "]"}
    depth = 0
    for index in range(start, len(tokens)):
        if tokens[index] in pairs:
            depth += 1
        elif tokens[index] in pairs.values():
            depth -= 1
            if depth == 0:
                return index
    raise ValueError(f"{tokens[start]} is not closed")


def _is_name(token: str) -> bool:
    return token[0].isalpha() or token[0] in "_`"


@dataclass(frozen=True, slots=True)
class _Node:
    """A node pattern `(name:Label {…})` as it is written."""

    written: str
    name: str
    labelled: bool
    kept: bool


def _node(tokens: Sequence[str], start: int, end: int) -> _Node | None:
    """The node pattern between two parentheses, if it is one."""
    inner = list(tokens[start + 1 : end])
    written = " ".join(tokens[start : end + 1])
    name = inner.pop(0) if inner and _is_name(inner[0]) and inner[0] not in _WORDS else ""
    labelled = bool(inner) and inner[0] == ":"
    if labelled:
        while inner and inner[0] not in ("{", "WHERE"):
            inner.pop(0)
    kept = False
    if inner and inner[0] == "{":
        close = _closing(inner, 0)
        kept = any(inner[at : at + 3] == ["tenant", ":", "$tenant"] for at in range(close))
        inner = inner[close + 1 :]
        if not inner:
            return _Node(written, name, labelled, kept)
    if labelled and (not inner or inner[0] == "WHERE"):
        return _Node(written, name, labelled, kept)
    return None if inner or labelled else _Node(written, name, labelled, kept)


class _Reading:
    """One pass over a statement's tokens."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.found: list[str] = []
        self.scopes = [_Scope()]
        self.braces: list[bool] = []

    def knows(self, name: str) -> bool:
        return any(name in scope.known for scope in self.scopes)

    def learn(self, name: str) -> None:
        self.scopes[-1].known.add(name)

    def run(self) -> list[str]:
        for index, token in enumerate(self.tokens):
            previous = self.tokens[index - 1] if index else ""
            if token == "{":
                self._open(index, previous)
            elif token == "}" and self.braces.pop():
                self.scopes.pop()
            elif token == "UNION":
                self.scopes[-1].known.clear()
            elif token == "WITH" and previous not in ("STARTS", "ENDS"):
                self._with(index)
            elif token == "(":
                self._parenthesis(index, previous)
            elif token == "[" and previous == "-" and "*" in self.tokens[index : _closing(self.tokens, index)]:
                self.found.append("*")
            elif _is_name(token) and token not in _WORDS:
                after = self.tokens[index + 1] if index + 1 < len(self.tokens) else ""
                if previous == "AS" or (after == "IN" and previous in ("(", "[")):
                    self.learn(token)
        return self.found

    def _open(self, index: int, previous: str) -> None:
        called = previous == ")" and "CALL" in self.tokens[max(0, index - 12) : index]
        subquery = previous in _SUBQUERIES or called or previous == "CALL"
        self.braces.append(subquery)
        if subquery:
            self.scopes.append(_Scope(subquery=True))

    def _with(self, index: int) -> None:
        """What a WITH does not carry on is forgotten, in this scope."""
        items: list[list[str]] = [[]]
        depth = 0
        for token in self.tokens[index + 1 :]:
            depth += (token in "([{") - (token in ")]}")
            if depth < 0 or (depth == 0 and token in _CLAUSES):
                break
            if depth == 0 and token == ",":
                items.append([])
            elif token != "DISTINCT":
                items[-1].append(token)
        if ["*"] in items:
            return
        kept = {item[-1] for item in items if len(item) == 1 or item[-2:-1] == ["AS"]}
        self.scopes[-1].known = {name for name in kept if self.knows(name)} | (kept - self.scopes[-1].known)

    def _parenthesis(self, index: int, previous: str) -> None:
        if previous == "CALL" or (previous and _is_name(previous) and previous not in _WORDS):
            return
        end = _closing(self.tokens, index)
        node = _node(self.tokens, index, end)
        if node is None:
            return
        after = self.tokens[end + 1] if end + 1 < len(self.tokens) else ""
        in_pattern = after in ("-", "<") or previous in ("-", ">", "MATCH", "CREATE", "MERGE")
        if node.kept:
            self.learn(node.name)
        elif node.labelled or "{" in node.written or (in_pattern and not self.knows(node.name)):
            self.found.append(node.written)


def outside(text: str) -> list[str]:
    """The node patterns of a statement that may match nodes of another tenant, as they are written; `*` is a path of
    any length whose nodes are not all checked."""
    found = _Reading(_tokens(_CHECKED_END.sub(r"\1 {tenant: $tenant}\3", text))).run()
    paths = found.count("*") - len(_KEPT_PATH.findall(text))
    return [each for each in found if each != "*"] + ["*"] * max(0, paths)


def parameters(text: str) -> frozenset[str]:
    """The parameters a statement uses, `tenant` among them."""
    return frozenset(token[1:] for token in _tokens(text) if token.startswith("$") and len(token) > 1)


def fields(text: str, name: str) -> frozenset[str]:
    """The keys a statement reads from the maps that `name` stands for (`row` in `UNWIND $rows AS row`)."""
    tokens = _tokens(text)
    return frozenset(
        tokens[at + 2]
        for at in range(len(tokens) - 2)
        if tokens[at] == name and tokens[at + 1] == "." and (at == 0 or tokens[at - 1] != ".")
    )
