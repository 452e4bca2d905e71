"""What a plan knows of the outputs that environment variables refer to, and of which it cannot know yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.domain.names import deployment_id
from app.domain.plan_changes import ENVIRONMENT, Unknown, pairs
from app.domain.plan_steps import StepAction
from app.domain.references import Reference, references, resolved
from app.domain.workloads import Workload
from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Given:
    """A workload with the values it refers to, as far as they are known.

    `known` are these values by reference, `unknown` the fields that hold another; `arriving` says that one of those is
    an output of something that is only there once the plan is carried out.
    """

    workload: Workload
    known: Mapping[str, str]
    unknown: Mapping[str, Unknown]
    arriving: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """What becomes of the services of a plan, and the outputs that are recorded, both by the service's id."""

    actions: Mapping[str, StepAction]
    outputs: Mapping[str, Sequence[str]]

    def given(self, workload: Workload, hard: Collection[str], environment_id: str) -> Given:
        """The workload with what is known. Raises InvalidInput for a reference to what is no hard dependency."""
        known: dict[str, str] = {}
        unknown: dict[str, Unknown] = {}
        arriving = False
        for variable, there in references(workload).items():
            for one in there:
                _check(workload, one, hard)
                value = pairs(self.outputs.get(one.service_id, ())).get(one.output)
                why = self._why_unknown(one, value)
                if why is None and value is not None:
                    known[one.text] = value
                else:
                    origin = deployment_id(one.service_id, environment_id)
                    unknown.setdefault(f"{ENVIRONMENT}{variable}", Unknown(f"output {one.output} of {why}", origin))
                    arriving |= self.actions.get(one.service_id) in (StepAction.CREATE, StepAction.REPLACE)
        return Given(resolved(workload, known), known, unknown, arriving)

    def _why_unknown(self, one: Reference, value: str | None) -> str | None:
        name = one.service_id.rpartition("/")[2]
        action = self.actions.get(one.service_id, StepAction.NO_OP)
        if action.acts:
            return f"{name}, known after its {action}"
        if value is None:
            return f"{name}, which has not said it"
        return None


def _check(workload: Workload, one: Reference, hard: Collection[str]) -> None:
    if one.service_id not in hard:
        own = workload.target.service_id
        raise InvalidInput(
            f"{own} refers to ${{{one.text}}}, but does not depend on {one.service_id}: add a hard dependency, or write"
            f" $${{{one.text}}} for the text itself",
            "application",
        )
