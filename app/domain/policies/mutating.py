"""Policies on changes of the graph: asked inside the transaction, on the changed graph; a denial rolls it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from app.domain.policies.deciding import Decision, Finding, decide, denied, findings_of
from app.domain.policies.decisions import denials, record
from app.domain.policies.policy import Point
from app.domain.rows import texts
from app.ids import Ids
from app.transactions import Transaction, Value

Edge = tuple[str, str]


async def enforce_dependencies(transaction: Transaction, added: Sequence[Edge], *, ids: Ids, actor: str) -> None:
    """Raise PolicyDenied where dependencies that were just added violate a policy; run inside their transaction.

    Transactions that add dependencies go one by one from here, so that each sees what the others added. Circles are
    asked about only for edges that can lie on one: whatever can be stripped from the ends of the graph cannot.
    """
    if not added:
        return
    await transaction.run("services/lock_dependency_graph", operation=transaction.operation.id)
    row = (await transaction.run("services/list_dependency_graph"))[0]
    knot = knotted(list(zip(texts(row["services"]), texts(row["targets"]), strict=True)))
    new = set(added)

    def caused(finding: Finding) -> bool:
        path = [node.id for node in finding.violation.nodes]
        return not path or any(edge in new for edge in pairwise(path))

    for project, edges in _by_project(added).items():
        suspects: list[Value] = [
            {"service_id": source, "target_id": target} for source, target in edges if source in knot and target in knot
        ]
        touched = sorted({source for source, _ in edges})
        await _enforce(
            transaction, project, suspects, touched, caused=caused, field="dependencies", ids=ids, actor=actor
        )


async def enforce_services(transaction: Transaction, changed: Sequence[str], *, ids: Ids, actor: str) -> None:
    """Raise PolicyDenied where services whose exposure or data was just changed violate a policy; as above."""
    if not changed:
        return
    await transaction.run("services/lock_dependency_graph", operation=transaction.operation.id)
    there = set(changed)

    def caused(finding: Finding) -> bool:
        path = finding.violation.nodes
        return not path or any(node.id in there for node in path)

    for project, edges in _by_project([(id, id) for id in changed]).items():
        touched = sorted({source for source, _ in edges})
        await _enforce(transaction, project, [], touched, caused=caused, field="exposure", ids=ids, actor=actor)


def _by_project(edges: Sequence[Edge]) -> dict[str, list[Edge]]:
    grouped: dict[str, list[Edge]] = {}
    for edge in edges:
        grouped.setdefault(edge[0].partition("/")[0], []).append(edge)
    return grouped


async def _enforce(
    transaction: Transaction,
    project: str,
    edges: Sequence[Value],
    touched: Sequence[str],
    *,
    caused: Callable[[Finding], bool],
    field: str,
    ids: Ids,
    actor: str,
) -> None:
    rows = await transaction.run("policies/list_exposed", services=list(touched))
    given: dict[str, Value] = {"edges": edges, "services": list(texts(rows[0]["services"]))}
    decisions = await decide(transaction, Point.MUTATE, given, project_id=project)
    # What was wrong before this change is for the audit: it does not keep anybody from an innocent change.
    decisions = tuple(_kept(each, caused) for each in decisions)
    found = denied(findings_of(decisions))
    if found:
        raise denials(decisions, about=touched[0], field=field)
    await record(transaction, decisions, ids=ids, about=touched[0], actor=actor)


def _kept(decision: Decision, caused: Callable[[Finding], bool]) -> Decision:
    return decision.keeping(tuple(finding for finding in decision.findings if caused(finding)))


def knotted(edges: Sequence[Edge]) -> set[str]:
    """The nodes that may lie on a circle, or between two: what is left once the ends of the graph are stripped."""
    ahead: dict[str, set[str]] = {}
    behind: dict[str, set[str]] = {}
    for source, target in edges:
        ahead.setdefault(source, set()).add(target)
        behind.setdefault(target, set()).add(source)
    left = set(ahead) | set(behind)
    for forward, backward in ((ahead, behind), (behind, ahead)):
        waiting = {node: len(forward.get(node, set()) & left) for node in left}
        ready = [node for node, count in waiting.items() if count == 0]
        while ready:
            node = ready.pop()
            left.discard(node)
            for before in backward.get(node, ()):
                if before in left:
                    waiting[before] -= 1
                    if waiting[before] == 0:
                        ready.append(before)
    return left
