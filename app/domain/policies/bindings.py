"""How policies apply to a project: what was set for the tenant and for the project, and which exceptions stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.policies.policy import Enforcement, Policy, Setting
from app.domain.rows import listed, texts
from app.transactions import Reader


@dataclass(frozen=True, slots=True)
class Bound:
    """What was set of one policy: how strictly, and its parameters as `name=value`; None where it was not set."""

    enforcement: Enforcement | None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bindings:
    """What applies at one time: settings by policy's name, the strongest last; exceptions as (policy, node id)."""

    at: str
    settings: Mapping[str, tuple[Bound, ...]] = field(default_factory=dict)
    exceptions: frozenset[tuple[str, str]] = frozenset()

    def enforcement(self, policy: Policy) -> Enforcement:
        """What a finding of the policy does here."""
        chosen = policy.enforcement
        for bound in self.settings.get(policy.name, ()):
            chosen = bound.enforcement or chosen
        return chosen

    def parameters(self, policy: Policy) -> dict[str, Setting]:
        """The policy's parameters here. A value that the policy no longer takes is as if it had not been set."""
        chosen = policy.defaults
        for bound in self.settings.get(policy.name, ()):
            for line in bound.parameters:
                name, _, text = line.partition("=")
                try:
                    chosen[name] = policy.parameters[name].read(text)
                except (KeyError, ValueError):
                    continue
        return chosen

    def excepts(self, policy: Policy, subject: str, environment_id: str) -> bool:
        """Whether an exception stands for a subject, for what it is part of, or for the environment."""
        return any(
            subject == id or subject.startswith((f"{id}/", f"{id}@", f"{id}:")) or environment_id == id
            for name, id in self.exceptions
            if name == policy.name
        )


async def read_bindings(reader: Reader, project_id: str | None, at: datetime | None = None) -> Bindings:
    """What applies to a project (the tenant's own settings where it is None), in one statement."""
    rows = await reader.run(
        "policies/read_bindings", project_id=project_id or "", at=None if at is None else at.isoformat()
    )
    row = rows[0]
    settings: dict[str, tuple[Bound, ...]] = {}
    for policy, enforcement, parameters in map(listed, [*listed(row["tenant_settings"]), *listed(row["settings"])]):
        bound = Bound(None if enforcement is None else Enforcement(str(enforcement)), texts(parameters))
        settings[str(policy)] = (*settings.get(str(policy), ()), bound)
    exceptions = frozenset((str(policy), str(id)) for policy, id in map(listed, listed(row["exceptions"])))
    return Bindings(str(row["at"]), settings, exceptions)
