"""Versions said by hand or by a template: the same rules as in a manifest, problems at the input's own fields."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from app.domain.changes import refuse
from app.domain.declarations import version_spec
from app.domain.manifest_validation import ManifestProblem, service_document, unquoted, validate
from app.domain.manifests import ServiceManifest
from app.domain.templates.schemas import Fault
from app.domain.versions import VersionSpec
from app.errors import InvalidInput


def read_version(content: Mapping[str, JsonValue], *, at: str) -> VersionSpec:
    """The version that a mapping in the shape of a service manifest's `spec` says.

    `at` is the input field that holds it. Raises InvalidInput, or Problems for several, with fields such as
    `version.image`.
    """
    checked = _validated(content)
    if isinstance(checked, tuple):
        problems = []
        for one in checked:
            field = one.field.removeprefix("spec").removeprefix(".")
            problems.append(InvalidInput(f"{field} {one.message}", f"{at}.{field}" if field else at))
        refuse(problems)
        raise TypeError("a service's specification was refused for no reason")
    return version_spec(checked.spec)


def workload_spec(
    workload: Mapping[str, JsonValue], *, label: str | None
) -> tuple[VersionSpec | None, tuple[Fault, ...]]:
    """The version that a rendered workload says, or what is wrong with it; no message repeats a value."""
    checked = _validated({**workload, "version": label})
    if isinstance(checked, tuple):
        return None, tuple(unquoted(one) for one in checked)
    return version_spec(checked.spec), ()


def _validated(content: Mapping[str, JsonValue]) -> ServiceManifest | tuple[ManifestProblem, ...]:
    checked = validate(service_document(content))
    if not isinstance(checked, ServiceManifest | tuple):
        raise TypeError("a service's specification was read as something else")
    return checked
