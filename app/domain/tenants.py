"""Tenants: the first start makes one, with a team, an administrator and the providers; nothing is open before."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain import policies
from app.domain.access import Role
from app.domain.sessions import TEAM_ID, Passwords
from app.graph import Graph

ADMINISTRATOR = "admin"


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first start made. `password` is set only where one was generated; it is shown once and kept nowhere."""

    created: bool
    password: str | None = field(default=None, repr=False)


async def ensure_tenant(
    graph: Graph,
    tenant: str,
    *,
    passwords: Passwords,
    password: str | None,
    providers: Mapping[str, frozenset[str]],
) -> FirstStart:
    """Make the tenant unless it is there, and let the graph know today's providers and policies.

    The administrator gets `password`, or a generated one where it is None. `providers` are the kinds of resources by
    provider name. A repeat changes no user and no password.
    """
    there = await graph.read("tenants/find_user", tenant, name=ADMINISTRATOR)
    chosen = password or secrets.token_urlsafe(18)
    rows = await graph.write(
        "tenants/create_tenant",
        tenant,
        name=tenant,
        team_id=TEAM_ID,
        team_name="platform",
        user_id=f"user:{ADMINISTRATOR}",
        user_name=ADMINISTRATOR,
        password_hash="" if there else await passwords.hash(chosen),
        role=Role.SUPER_ADMIN.value,
        providers=[{"name": name, "kinds": sorted(kinds)} for name, kinds in sorted(providers.items())],
    )
    await graph.write("policies/save_policies", tenant, rows=policies.rows())
    created = bool(rows[0]["created"])
    return FirstStart(created, chosen if created and password is None else None)
