"""Repeats: a request with a key of the caller's own is answered once, however often it comes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from app.domain.access import Actor
from app.errors import Conflict, InvalidInput
from app.transactions import Reader, Transaction, Value

MAX_KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may come again: `id` is where its answer is kept, `fingerprint` tells it from others."""

    name: str
    id: str
    fingerprint: str

    async def answered(self, reader: Reader) -> str | None:
        """The answer that was given before, if one was. Raises Conflict where the key was used for something else."""
        rows = await reader.run("operations/find_answer", id=self.id)
        if not rows:
            return None
        if rows[0]["fingerprint"] != self.fingerprint:
            raise Conflict("this idempotency key was used for another request", "idempotencyKey")
        return str(rows[0]["answer"])

    async def keep(self, transaction: Transaction, answer: str) -> None:
        """Keep the answer, in the transaction that carries the request out."""
        await transaction.run(
            "operations/record_answer", id=self.id, name=self.name, answer=answer, fingerprint=self.fingerprint
        )


def request(actor: Actor, name: str, key: str | None, *, content: Value) -> Request | None:
    """The request that an actor gave this key, None where no key was given; `content` is all that was asked for.

    Raises InvalidInput for a key that is not 1 to 200 characters long.
    """
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise InvalidInput(f"an idempotency key has 1 to {MAX_KEY_LENGTH} characters", "idempotencyKey")
    fingerprint = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Request(name, f"{name}:{actor.id}:{key}", fingerprint)
