"""A GraphQL request as it came, over HTTP or a socket, checked before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

MOST_CONTAINERS = 50_000
"""Lists and objects in a request at most: a short text can hold very many, and each costs more than its characters."""
MOST_KEYS = 1_000
"""Keys of an object at most."""


class RequestInvalid(Exception):
    """It is no GraphQL request; the message says why, in a few words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, its parts of the right types. `document_id` is the SHA-256 of a document, beside or instead of it."""

    query: str | None
    variables: dict[str, object]
    operation_name: str | None
    document_id: str | None = None
    shows_cost: bool = False


def decoded(text: bytes | str) -> object:
    """The JSON value of a request or a frame. Raises RequestInvalid where it is none, or holds too much."""
    brackets = (text.count("["), text.count("{")) if isinstance(text, str) else (text.count(b"["), text.count(b"{"))
    if sum(brackets) > MOST_CONTAINERS:
        raise RequestInvalid(f"it has more than {MOST_CONTAINERS} lists and objects")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestInvalid("it is no JSON") from error
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if len(one) > MOST_KEYS:
                raise RequestInvalid(f"an object in it has more than {MOST_KEYS} keys")
            waiting += [each for each in one.values() if isinstance(each, dict | list)]
        elif isinstance(one, list):
            waiting += [each for each in one if isinstance(each, dict | list)]
    return value


def asked_of(sent: Mapping[str, object]) -> Asked:
    """The request in a JSON object. Raises RequestInvalid.

    A document may be named as `documentId` (GraphQL over HTTP) or as `extensions.persistedQuery.sha256Hash` (Apollo
    Client, urql). `extensions.cost` true asks for the cost in the answer.
    """
    query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
    extensions: object = sent.get("extensions")
    if not isinstance(variables, dict | None):
        raise RequestInvalid("variables must be an object")
    if not isinstance(name, str | None):
        raise RequestInvalid("operationName must be text")
    if not isinstance(extensions, dict | None):
        raise RequestInvalid("extensions must be an object")
    document_id = _document_id(sent.get("documentId"), extensions or {})
    if not isinstance(query, str) and (query is not None or document_id is None):
        raise RequestInvalid("query must be the text of a GraphQL document")
    shows_cost = extensions is not None and extensions.get("cost") is True
    return Asked(query, variables or {}, name or None, document_id, shows_cost)


def _document_id(given: object, extensions: Mapping[str, object]) -> str | None:
    if given is None:
        persisted = extensions.get("persistedQuery")
        if persisted is None:
            return None
        if not isinstance(persisted, dict):
            raise RequestInvalid("extensions.persistedQuery must be an object")
        given = persisted.get("sha256Hash")
    if not isinstance(given, str) or not 0 < len(given) <= 200:
        raise RequestInvalid("a document's id must be text of at most 200 characters")
    return given
