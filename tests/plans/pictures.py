"""Pictures of what is desired and recorded, as tests draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain import plan_steps
from app.domain.plan_steps import Place
from app.domain.planning import Block, Concern, Desired, Picture, Recorded
from app.domain.workloads import Workload

PLACE = Place("t", "shop/boutique", "shop@dev", "shop-dev", "echo", frozenset({"Workload"}))


def workload(name: str, tag: str = "v1", *, replicas: int = 1, env: tuple[tuple[str, str], ...] = ()) -> Workload:
    """What a service runs: an image and a version named by the tag."""
    service_id = f"shop/boutique/{name}"
    target = plan_steps.target(PLACE, service_id=service_id, name=name, kind="Workload")
    version = f"{service_id}:{tag}-00000000"
    return Workload(target, version, f"example/{name}:{tag}", replicas=replicas, environment=env)


def desired(
    name: str,
    tag: str = "v1",
    *,
    needs: Sequence[str] = (),
    kind: str = "Workload",
    env: tuple[tuple[str, str], ...] = (),
) -> Desired:
    """A service as it should be; `needs` are names, or ids where they hold a slash."""
    hard = tuple(one if "/" in one else f"shop/boutique/{one}" for one in needs)
    return Desired(f"shop/boutique/{name}", name, kind, workload(name, tag, env=env), hard)


def recorded(
    name: str,
    tag: str | None = "v1",
    *,
    status: str = "succeeded",
    needs: Sequence[str] = (),
    provider: str = "echo",
    env: tuple[tuple[str, str], ...] = (),
    outputs: Sequence[str] = (),
    inputs: Sequence[str] = (),
    observed: Sequence[str] = (),
    expected: Sequence[str] = (),
) -> Recorded:
    """A deployment as it is recorded; `tag` None where nothing runs, `observed` what was seen, not `expected`."""
    service_id = f"shop/boutique/{name}"
    runs = None if tag is None else workload(name, tag, env=env)
    return Recorded(
        key=f"{service_id}@dev",
        service_id=service_id,
        service_name=name,
        kind="Workload",
        status=status,
        provider=provider,
        version_id=None if runs is None else runs.version_id,
        workload=runs,
        hard=tuple(f"shop/boutique/{one}" for one in needs),
        outputs=tuple(outputs),
        inputs=tuple(inputs),
        drifted=bool(observed),
        observed=tuple(observed),
        expected=tuple(expected),
    )


def picture(
    wanted: Sequence[Desired] = (),
    there: Sequence[Recorded] = (),
    *,
    blocks: Sequence[Block] = (),
    running_elsewhere: Mapping[str, tuple[str, ...]] | None = None,
    approvals: Sequence[Concern] = (),
) -> Picture:
    """Both together."""
    return Picture(
        PLACE, tuple(wanted), tuple(there), tuple(blocks), running_elsewhere or {}, approvals=tuple(approvals)
    )
