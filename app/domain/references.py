"""Outputs as inputs: `${service.output}` in an environment variable is what a dependency said when it was deployed.

`${redis.address.http}` is the output `address.http` of the service `redis` of the same application,
`${billing/api.address.http}` that of a service of another application of the project. `$${…}` is the text itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.domain import names
from app.domain.plan_changes import pairs
from app.domain.workloads import Workload

_REFERENCE: Final = re.compile(r"\$(\$?)\{((?:[a-z0-9-]+/)?[a-z0-9-]+)\.([A-Za-z0-9_.-]+)\}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: `text` as it stands between the braces, the service's id, and the output's name."""

    text: str
    service_id: str
    output: str


class OutputMissing(Exception):
    """A reference names an output that its service has not got; the message says which it has."""


def references(workload: Workload) -> dict[str, tuple[Reference, ...]]:
    """The references in a workload's environment, by variable; variables without one are left out."""
    found = {}
    for variable, value in workload.environment:
        # Most values hold none: the pattern is not tried on them.
        if "${" in value:
            here = tuple(
                Reference(f"{match[2]}.{match[3]}", _service_id(workload.target.application_id, match[2]), match[3])
                for match in _REFERENCE.finditer(value)
                if not match[1]
            )
            if here:
                found[variable] = here
    return found


def resolved(workload: Workload, inputs: Mapping[str, str]) -> Workload:
    """The workload with values in place of references, by their text; a reference without one stays as it is."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        return inputs.get(f"{match[2]}.{match[3]}", match[0])

    if not any("${" in text for _, text in workload.environment):
        return workload
    environment = tuple((name, _REFERENCE.sub(value, text)) for name, text in workload.environment)
    return replace(workload, environment=environment)


def inputs(wanted: Iterable[Reference], outputs: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The values of references by their text, from the `name=value` outputs of each service by id.

    Raises OutputMissing.
    """
    found = {}
    for one in wanted:
        there = pairs(outputs.get(one.service_id, ()))
        if one.output not in there:
            has = ", ".join(sorted(there)) or "none"
            raise OutputMissing(
                f"{one.service_id} has no output {one.output}, which ${{{one.text}}} names; it has {has}"
            )
        found[one.text] = there[one.output]
    return found


def _service_id(application_id: str, named: str) -> str:
    if "/" not in named:
        return f"{application_id}/{named}"
    return f"{names.parse_application_id(application_id).project}/{named}"
