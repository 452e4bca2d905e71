"""Answers about schedules, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType

from app.cli.answers import Answer, Page, Problem
from app.cli.tables import cell, table


class Named(Answer):
    """Something by its id."""

    id: str


class Schedule(Answer):
    """When an application is deployed again and again."""

    id: str
    cron: str
    zone: str
    catch_up: str
    paused: bool
    next_at: datetime | None
    last_at: datetime | None
    last_run_id: str | None
    last_problem: str | None
    environment: Named


class SchedulePayload(Answer):
    """A schedule, or why there is none."""

    schedule: Schedule | None
    problems: list[Problem]


class CreateScheduleAnswer(Answer):
    """The answer to `createSchedule`."""

    create_schedule: SchedulePayload


class UpdateScheduleAnswer(Answer):
    """The answer to `updateSchedule`."""

    update_schedule: SchedulePayload


class SchedulesAnswer(Answer):
    """The answer to `schedules`."""

    schedules: Page[Schedule]


def schedules_table(schedules: Sequence[Schedule]) -> RenderableType:
    """Schedules, one a line."""
    view = table("SCHEDULE", "ENVIRONMENT", "CRON", "ZONE", "NEXT", "LAST RUN", "PROBLEM")
    for one in schedules:
        following = "paused" if one.paused else cell(one.next_at)
        view.add_row(
            cell(one.id),
            cell(one.environment.id),
            cell(one.cron),
            cell(one.zone),
            following,
            cell(one.last_run_id),
            cell(one.last_problem),
        )
    return view
