"""Steps of a run as a worker finds them, for tests of what it makes of them."""

from __future__ import annotations

from collections.abc import Iterable

from app.domain.plan_steps import StepAction
from app.domain.run_records import Mark, RunStep, StepState
from app.domain.workloads import Target


def run_step(
    key: str,
    needs: Iterable[str] = (),
    *,
    state: StepState = StepState.WAITING,
    mark: Mark | None = None,
    wave: int = 1,
) -> RunStep:
    """The step that creates what `key` names: a deployment, or just a name."""
    service_id = key.partition("@")[0]
    name = service_id.rpartition("/")[2]
    return RunStep(
        id=key,
        key=key,
        state=state,
        mark=mark,
        attempt=0,
        action=StepAction.CREATE,
        wave=wave,
        target=Target("t", "shop/boutique", "shop@dev", service_id, name, "shop-dev"),
        service_name=name,
        provider="echo",
        previous_provider=None,
        depends_on=(),
        version_id=None,
        before=(),
        after=(),
        requires=frozenset(needs),
        workload=None,
    )
