"""Versions said by hand: the same rules as in a manifest, with the problems at the input's own fields."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from app.domain.changes import refuse
from app.domain.declarations import version_spec
from app.domain.manifest_validation import validate
from app.domain.manifests import API_VERSION, ServiceManifest
from app.domain.versions import VersionSpec
from app.errors import InvalidInput


def read_version(content: Mapping[str, JsonValue], *, at: str) -> VersionSpec:
    """The version that a mapping in the shape of a service manifest's `spec` says.

    `at` is the input field that holds it. Raises InvalidInput, or Problems for several, with fields such as
    `version.image`.
    """
    checked = validate(
        {
            "apiVersion": API_VERSION,
            "kind": "Service",
            "metadata": {"project": "p", "application": "a", "name": "s"},
            "spec": dict(content),
        }
    )
    if isinstance(checked, tuple):
        problems = []
        for one in checked:
            field = one.field.removeprefix("spec").removeprefix(".")
            problems.append(InvalidInput(f"{field} {one.message}", f"{at}.{field}" if field else at))
        refuse(problems)
    if not isinstance(checked, ServiceManifest):
        raise TypeError("a service's specification was read as something else")
    return version_spec(checked.spec)
