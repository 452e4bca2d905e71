"""Policy tests: every fixture is set up in a tenant of its own, asked about, and rolled back.

A clause is one of the ways in which a policy can be violated, as its `policy.yaml` names them; each finding says of
which clause it is. A clause that no fixture shows was never exercised, and that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.access import Action, Actor, require
from app.domain.policies.bindings import Bindings, Bound
from app.domain.policies.deciding import decide, findings_of
from app.domain.policies.library import DIRECTORY, known
from app.domain.policies.policy import Fixture, Policy
from app.errors import NotFound
from app.graph import Graph
from app.ids import Ids
from app.transactions import Reader

_AT = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of one fixture: None as `failure` where the policy found exactly what it should."""

    setup: str
    point: str
    failure: str | None


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """What became of a policy's fixtures, and the clauses that none of them has shown."""

    policy: str
    digest: str
    fixtures: tuple[Tested, ...]
    clauses: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every fixture was as it should be and every clause was shown."""
        return not self.never and all(fixture.failure is None for fixture in self.fixtures)


async def rehearse(graph: Graph, actor: Actor, ids: Ids, names: Sequence[str] = ()) -> tuple[PolicyTest, ...]:
    """Run the fixtures of the policies of these names, or of all.

    Nothing of it is committed, and each fixture is a tenant that nobody else can name. Raises NotFound, Forbidden,
    GraphUnavailable.
    """
    require(actor, Action.ADMINISTER)
    unknown = sorted(set(names) - {policy.name for policy in known()})
    if unknown:
        raise NotFound(f"there is no Policy {unknown[0]}", "policies")
    return tuple([await _policy(graph, ids, policy) for policy in known() if not names or policy.name in names])


async def _policy(graph: Graph, ids: Ids, policy: Policy) -> PolicyTest:
    shown: set[str] = set()
    tested = [await _fixture(graph, ids, policy, fixture, shown=shown) for fixture in policy.fixtures]
    never = tuple(clause for clause in policy.clauses if clause not in shown)
    return PolicyTest(policy.name, policy.digest, tuple(tested), tuple(policy.clauses), never)


async def _fixture(graph: Graph, ids: Ids, policy: Policy, fixture: Fixture, *, shown: set[str]) -> Tested:
    setup = (DIRECTORY / policy.name / "fixtures" / f"{fixture.setup}.cypher").read_text(encoding="utf-8")
    settings = tuple(f"{name}={policy.parameters[name].write(value)}" for name, value in fixture.settings.items())
    bindings = Bindings(_AT, {policy.name: (Bound(None, settings),)})

    async def work(reader: Reader) -> str | None:
        decisions = await decide(reader, fixture.point, fixture.given, policies=[policy], bindings=bindings)
        if decisions and decisions[0].error is not None:
            return decisions[0].error
        found = findings_of(decisions)
        shown.update(one.clause for one in found)
        said = [(one.subject, one.clause) for one in found]
        wanted = list(zip(fixture.subjects, fixture.clauses, strict=True))
        return None if said == wanted else f"it found {_listed(said)}, not {_listed(wanted)}"

    failure = await graph.rehearse(setup, f"fixture-{ids.new()}", work)
    return Tested(fixture.setup, fixture.point.value, failure)


def _listed(found: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{subject} ({clause})" for subject, clause in found) or "nothing"
