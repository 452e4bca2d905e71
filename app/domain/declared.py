"""Creating, changing and deleting nodes of any declared kind: one request, one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from app.domain import confirming, deleting, idempotency
from app.domain.access import Action, require
from app.domain.changes import Change, Saving, Wanted, named, save
from app.domain.kinds import Kind
from app.errors import Conflict, InvalidInput
from app.transactions import Transaction, Value


def new(
    kind: Kind,
    *,
    name: str,
    parent_id: str | None = None,
    values: Mapping[str, Value],
    locate: Callable[[str], str] = named,
) -> Wanted:
    """A node that may not exist yet, as it should be. Raises InvalidInput for a name that cannot be one."""
    try:
        id = kind.identify(parent_id or "", name)
    except ValueError as error:
        raise InvalidInput(str(error), locate("name")) from error
    return Wanted(id, name, values, parent_id=parent_id, locate=locate)


async def create(
    change: Change,
    label: str,
    *,
    name: str,
    parent_id: str | None = None,
    values: Mapping[str, Value],
    locate: Callable[[str], str] = named,
    idempotency_key: str | None = None,
    action: Action = Action.CHANGE,
) -> str:
    """Create one node and return its id.

    `values` are those of fields and edges by name, `action` is what the actor must be allowed. A repeat with the same
    `idempotency_key` (1..200 characters, one's own) returns the first answer. Raises InvalidInput, Conflict (exists
    already; the key was used for something else), NotFound (the parent, or what an edge names), Forbidden.
    """
    wanted = new(change.kinds[label], name=name, parent_id=parent_id, values=values, locate=locate)
    work = partial(_save, change, label, wanted, Saving.CREATE)
    return await _once(change, f"create_{label}", idempotency_key, work, [wanted.id, values], action=action)


async def update(
    change: Change,
    label: str,
    *,
    id: str,
    values: Mapping[str, Value],
    expected_version: int | None = None,
    locate: Callable[[str], str] = named,
    idempotency_key: str | None = None,
    action: Action = Action.CHANGE,
) -> str:
    """Change one node and return its id; what `values` leaves out stays, None takes a value away.

    Raises NotFound (the node, or what an edge names), Conflict (another version), InvalidInput, Forbidden.
    """
    wanted = Wanted(id, id, values, locate=locate, expected_version=expected_version)
    work = partial(_save, change, label, wanted, Saving.UPDATE)
    content = [id, values, expected_version]
    return await _once(change, f"update_{label}", idempotency_key, work, content, action=action)


async def delete(
    change: Change,
    label: str,
    *,
    id: str,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
    impact_digest: str | None = None,
    action: Action = Action.CHANGE,
) -> str:
    """Delete one node with what goes with it, as its declaration says, and return its id.

    `impact_digest` is that of the impact that the caller was shown; it is needed where others depend on the node, and
    then these are let go. Raises NotFound, Conflict (another version), InUse naming what uses it, ImpactRequired and
    StaleImpact naming what depends on it, Forbidden.
    """
    wanted = Wanted(id, id, {}, expected_version=expected_version)

    async def work(transaction: Transaction) -> str:
        digests = set() if impact_digest is None else {impact_digest}
        confirmed = await confirming.confirm(transaction, change.kinds[label], [id], digests=digests, each=True)
        return (await deleting.delete(change, transaction, label, wanted=[wanted], confirmed=confirmed))[0].id

    content = [id, expected_version, impact_digest]
    return await _once(change, f"delete_{label}", idempotency_key, work, content, action=action)


async def _save(change: Change, label: str, wanted: Wanted, saving: Saving, transaction: Transaction) -> str:
    return (await save(change, transaction, label, wanted=[wanted], saving=saving))[0].id


async def _once(
    change: Change,
    name: str,
    key: str | None,
    work: Callable[[Transaction], Awaitable[str]],
    content: Value,
    *,
    action: Action = Action.CHANGE,
) -> str:
    request = idempotency.request(change.actor, name.lower(), key, content=content)
    if request is None:
        return await change.commit(name.lower(), work, action=action)
    require(change.actor, action)

    async def once(transaction: Transaction) -> str:
        answer = await request.answered(transaction)
        if answer is None:
            answer = await work(transaction)
            await request.keep(transaction, answer)
        return answer

    try:
        return await change.commit(name.lower(), once, action=action)
    except Conflict:
        # Of two that came at the same time the later one may have met what the earlier one had just made.
        answer = await request.answered(change.graph.reader(change.actor.tenant))
        if answer is None:
            raise
        return answer
