"""Deleting what others depend on: only by somebody who says which impact they saw.

The digest of `impact(node, DELETE)` stands for what the caller was shown. It is compared within the transaction that
deletes, after the locks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.domain import impact_reading
from app.domain.changes import lock
from app.domain.impact import ChangeKind
from app.domain.kinds import Kind
from app.errors import ImpactRequired, StaleImpact
from app.transactions import Transaction

_SAID = 5


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The nodes whose impact is the one that the caller was shown.

    `presented` says that a digest was given at all, `each` that it was meant for every node that is deleted, whether
    anything depends on it or not.
    """

    ids: frozenset[str] = frozenset()
    presented: bool = False
    each: bool = False


NOBODY_ASKED = Confirmed()


async def hold(transaction: Transaction) -> None:
    """Let nobody else add a dependency until the transaction ends, so that an impact cannot grow behind it."""
    await transaction.run("services/lock_dependency_graph", operation=transaction.operation.id)


async def confirm(
    transaction: Transaction, kind: Kind, ids: Sequence[str], *, digests: Collection[str], each: bool = False
) -> Confirmed:
    """Lock nodes and compare the digests that the caller presents with their impacts as they are now."""
    if not digests:
        return Confirmed(each=each)
    found = await lock(transaction, kind, ids)
    await hold(transaction)
    seen: set[str] = set()
    for id in found:
        if len(seen) == len(set(digests)):
            break
        impact, _ = await impact_reading.read_impact(transaction, id, ChangeKind.DELETE)
        if impact.digest in digests:
            seen.add(id)
    return Confirmed(frozenset(seen), presented=True, each=each)


def refusal(label: str, ids: Sequence[str], users: Sequence[str], *, confirmed: Confirmed) -> ImpactRequired:
    """Why nodes cannot be deleted on which others depend, or whose impact is another by now."""
    what = f"{label} {_said(ids)}"
    verb = "depends" if len(users) == 1 else "depend"
    field = "impactDigest" if confirmed.each else "impactDigests"
    if not confirmed.presented:
        return ImpactRequired(
            f"{_said(users)} {verb} on {what}: look at the impact of deleting it, and present its digest",
            tuple(users),
            field,
        )
    now = f"now {_said(users)} {verb} on it" if users else "now nothing depends on it"
    return StaleImpact(
        f"the impact of deleting {what} is not the one whose digest was presented: {now}", tuple(users), field
    )


def _said(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SAID} more" if len(ids) > _SAID else ""
    return ", ".join(ids[:_SAID]) + more
