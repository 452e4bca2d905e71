"""What a plan touches beyond its application: the services of others that need what it changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from app.domain.plan_reading import Snapshot
from app.domain.planning import Proposal
from app.domain.rows import number
from app.transactions import Reader

DIGEST_FORMAT: Final = 1
MOST_TOUCHED: Final = 10_000
"""More services than this are not looked at: then there is no digest."""


@dataclass(frozen=True, slots=True)
class Touched:
    """The services of other applications that a plan affects, by id, and at which versions they were seen."""

    services: tuple[tuple[str, int], ...] = ()
    truncated: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids alone."""
        return tuple(id for id, _ in self.services)

    @property
    def digest(self) -> str | None:
        """SHA-256 over ids and versions; None where not all of them were looked at."""
        if self.truncated:
            return None
        return hashlib.sha256(orjson.dumps([DIGEST_FORMAT, *map(list, self.services)])).hexdigest()


async def read_touched(reader: Reader, snapshot: Snapshot, proposal: Proposal) -> Touched:
    """What the acting steps of a plan touch: no statement where nobody else needs any of it, else one for all."""
    application_id = proposal.place.application_id
    acting = [step.service_id for step in proposal.steps if step.action.acts]
    changed = reached(acting, snapshot.needs)
    seeds = sorted({user for service, user in snapshot.users if service in changed})
    if not seeds:
        return Touched()
    rows = await reader.run("plans/read_touched", ids=seeds, within=f"{application_id}/", limit=MOST_TOUCHED + 1)
    found = tuple((str(row["id"]), number(row["version"])) for row in rows)
    return Touched(found[:MOST_TOUCHED], truncated=len(found) > MOST_TOUCHED)


def reached(changed: Iterable[str], needs: Iterable[tuple[str, str]]) -> set[str]:
    """These and all that needs them, directly or over others; `needs` are (who needs, what is needed)."""
    users: dict[str, list[str]] = {}
    for user, on in needs:
        users.setdefault(on, []).append(user)
    found = set(changed)
    waiting = list(found)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in found:
                found.add(user)
                waiting.append(user)
    return found
