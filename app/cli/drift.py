"""Answers about drift, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType

from app.cli.answers import Answer, Page, Problem
from app.cli.plan_answers import Plan
from app.cli.tables import cell, table


class DriftedField(Answer):
    """One field in which what is there differs from what is recorded; None where it is absent on that side."""

    field: str
    recorded: str | None
    observed: str | None


class Drifted(Answer):
    """A deployment that has drifted."""

    id: str
    version: int
    version_id: str | None
    drifted_at: datetime | None
    observed_at: datetime | None
    drift: list[DriftedField]


class DriftAnswer(Answer):
    """The answer to `deployments`, those that have drifted."""

    deployments: Page[Drifted]


class Observed(Answer):
    """An environment that is to be observed, and when it last was."""

    id: str
    observed_at: datetime | None


class ObservePayload(Answer):
    """An environment that is to be observed, or why it is not."""

    environment: Observed | None
    problems: list[Problem]


class ObserveDriftAnswer(Answer):
    """The answer to `observeDrift`."""

    observe_drift: ObservePayload


class Version(Answer):
    """A version of a service."""

    id: str
    image: str
    replicas: int


class AcceptPayload(Answer):
    """The version that says what was seen, or why there is none."""

    service_version: Version | None
    problems: list[Problem]


class AcceptDriftAnswer(Answer):
    """The answer to `acceptDrift`."""

    accept_drift: AcceptPayload


class RevertPayload(Answer):
    """The plan that puts back what was changed, or why there is none."""

    plan: Plan | None
    problems: list[Problem]


class RevertDriftAnswer(Answer):
    """The answer to `revertDrift`."""

    revert_drift: RevertPayload


def drift_table(drifted: Sequence[Drifted]) -> RenderableType:
    """What has drifted, one field a line."""
    view = table("DEPLOYMENT", "SINCE", "FIELD", "RECORDED", "OBSERVED")
    for one in drifted:
        for place, field in enumerate(one.drift):
            first = place == 0
            view.add_row(
                cell(one.id if first else None),
                cell(one.drifted_at if first else None),
                cell(field.field),
                _value(field.recorded),
                _value(field.observed),
            )
    return view


def _value(text: str | None) -> str:
    return "(none)" if text is None else cell(text)
