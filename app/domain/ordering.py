"""Order from dependencies: waves, cycles. Graphs are mappings from a node to what it needs; time is O(n + e)."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def _by_need(needs: Mapping[str, Collection[str]]) -> tuple[dict[str, int], dict[str, list[str]]]:
    open_needs = {node: len(set(on)) for node, on in needs.items()}
    users: dict[str, list[str]] = {node: [] for node in needs}
    for node, on in needs.items():
        for one in set(on):
            users[one].append(node)
    return open_needs, users


def waves(needs: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The earliest wave of each node, from 1: one more than the latest of what it needs.

    Every needed node must be a key. Nodes of a cycle, and what needs them, are left out.
    """
    open_needs, users = _by_need(needs)
    found: dict[str, int] = {}
    current, wave = sorted(node for node, count in open_needs.items() if not count), 1
    while current:
        following: list[str] = []
        for node in current:
            found[node] = wave
            for user in users[node]:
                open_needs[user] -= 1
                if not open_needs[user]:
                    following.append(user)
        current, wave = following, wave + 1
    return found


def tangled(needs: Mapping[str, Collection[str]]) -> set[str]:
    """The nodes that cannot be ordered: those of cycles, and those between cycles; empty for an acyclic graph."""
    forward = set(needs) - set(waves(needs))
    reversed_needs: dict[str, list[str]] = {node: [] for node in forward}
    for node in forward:
        for one in needs[node]:
            if one in forward:
                reversed_needs[one].append(node)
    return forward - set(waves(reversed_needs))


def find_cycle(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The nodes of one cycle, each needing the next and the last the first, from its smallest; empty where none is.

    The same graph gives the same cycle, in whatever order it is said.
    """
    circling = tangled(needs)
    if not circling:
        return ()
    seen: dict[str, int] = {}
    path: list[str] = []
    node = min(circling)
    # Each tangled node needs a tangled node, so that walking on must meet a node again.
    while node not in seen:
        seen[node] = len(path)
        path.append(node)
        node = min(one for one in needs[node] if one in circling)
    cycle = path[seen[node] :]
    start = cycle.index(min(cycle))
    return (*cycle[start:], *cycle[:start])
