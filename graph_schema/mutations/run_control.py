"""Mutations of runs that are under way: pause, resume, confirm, reject, cancel."""

from collections.abc import Awaitable
from typing import Annotated, Protocol

import strawberry

from app.domain import reruns, run_control
from app.domain.changes import Change
from app.domain.runs import OnFailure
from app.ports import JobQueue
from graph_schema.mutations.answers import Asked, attempt, change_of, mutation, node_shown
from graph_schema.problems import Problem
from graph_schema.runs import Run

_KEY = "Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again."


@strawberry.input(description="Which run.")
class RunInput:
    """Which run."""

    run: strawberry.ID = strawberry.field(description="The run's id.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="Which run to end, and why.")
class EndRunInput:
    """Which run to end, and why."""

    run: strawberry.ID = strawberry.field(description="The run's id.")
    reason: str | None = strawberry.field(
        default=None, description="Why, in up to 500 characters; it is told with the run."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="Which run to carry out again, and from where.")
class RerunRunInput:
    """Which run to carry out again, and from where."""

    run: strawberry.ID = strawberry.field(description="The id of a run that has ended.")
    from_step: strawberry.ID | None = strawberry.field(
        default=None,
        description="The key of a step of it: that and what comes after it is carried out again, too. Without it, only "
        "what did not succeed.",
    )
    on_failure: OnFailure | None = strawberry.field(
        default=None, description="What the new run does once a step has failed; as the first where it is left out."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.type(description="A run that was changed, or why it was not.")
class RunPayload:
    """A run that was changed, or why it was not."""

    run: Run | None = strawberry.field(description="The run as it is now; null where it was refused.")
    problems: list[Problem] = strawberry.field(description="Why it was refused; empty where it was done.")


async def _payload(info: Asked, work: Awaitable[str]) -> RunPayload:
    id, problems = await attempt(work)
    node = await node_shown(info, Run, id, field="run")
    return RunPayload(run=node, problems=problems)


class _Steer(Protocol):
    def __call__(
        self, change: Change, queue: JobQueue, *, run_id: str, idempotency_key: str | None
    ) -> Awaitable[str]: ...


class _End(Protocol):
    def __call__(
        self, change: Change, queue: JobQueue, *, run_id: str, reason: str | None, idempotency_key: str | None
    ) -> Awaitable[str]: ...


async def _steered(info: Asked, steer: _Steer, input: RunInput) -> RunPayload:
    queue = info.context.application.queue
    return await _payload(info, steer(change_of(info), queue, run_id=input.run, idempotency_key=input.idempotency_key))


async def _ended(info: Asked, end: _End, input: EndRunInput) -> RunPayload:
    queue = info.context.application.queue
    return await _payload(
        info,
        end(change_of(info), queue, run_id=input.run, reason=input.reason, idempotency_key=input.idempotency_key),
    )


_Which = Annotated[RunInput, strawberry.argument(description="Which run.")]
_Ending = Annotated[EndRunInput, strawberry.argument(description="Which run, and why.")]


async def _repeated(info: Asked, input: RerunRunInput) -> str:
    started = await reruns.rerun(
        change_of(info),
        info.context.application.queue,
        run_id=input.run,
        from_step=input.from_step,
        on_failure=input.on_failure,
        idempotency_key=input.idempotency_key,
    )
    return started.run_id


@strawberry.type
class RunControlMutations:
    """Mutations of runs that are under way."""

    @mutation(
        description="Stop a run: what has not begun is skipped, what is under way is stopped where it is. A run that "
        "nobody carries out ends at once; another is CANCELLING until its steps have stopped. Again it does nothing."
    )
    async def cancel_run(self, info: Asked, input: _Ending) -> RunPayload:
        """Stop a run."""
        return await _ended(info, run_control.cancel_run, input)

    @mutation(
        description="Let no step of a run begin until it is resumed; steps under way come to their ends. "
        "Again it does nothing."
    )
    async def pause_run(self, info: Asked, input: _Which) -> RunPayload:
        """Let nothing more of a run begin."""
        return await _steered(info, run_control.pause_run, input)

    @mutation(
        description="Carry out again what did not succeed in a run, as a new run of the same plan. Refused where what "
        "the plan was made from has changed otherwise than by its runs."
    )
    async def rerun_run(
        self,
        info: Asked,
        input: Annotated[RerunRunInput, strawberry.argument(description="Which run, and from where.")],
    ) -> RunPayload:
        """Carry out again what did not succeed in a run."""
        return await _payload(info, _repeated(info, input))

    @mutation(description="Let a paused run go on. Again it does nothing.")
    async def resume_run(self, info: Asked, input: _Which) -> RunPayload:
        """Let a paused run go on."""
        return await _steered(info, run_control.resume_run, input)

    @mutation(description="Let a run that waits for someone to confirm go on after its wave.")
    async def confirm_run(self, info: Asked, input: _Which) -> RunPayload:
        """Let a run go on after its wave."""
        return await _steered(info, run_control.confirm_run, input)

    @mutation(description="End a run that waits for someone to confirm: what has not begun is skipped.")
    async def reject_run(self, info: Asked, input: _Ending) -> RunPayload:
        """End a run that waits for someone to confirm."""
        return await _ended(info, run_control.reject_run, input)
