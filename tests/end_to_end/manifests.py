"""Manifests of the example and of a small shop, under a project name of the test's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml
from pydantic import JsonValue

from tests.platform import application, environment
from tests.platform import project as project_named

EXAMPLE = Path(__file__).parents[2] / "examples" / "online-boutique"

Manifest = dict[str, JsonValue]


def example(project: str) -> list[Manifest]:
    """Every document of the Online Boutique."""
    files = sorted(EXAMPLE.rglob("*.yaml"))
    return _under(project, (one for file in files for one in yaml.safe_load_all(file.read_text())))


def shop(project: str, *services: Manifest) -> list[Manifest]:
    """An application of these services, with three environments on the way to production."""
    places = [
        environment("development", promotes_to="staging"),
        environment("staging", stage="staging", promotes_to="production"),
        environment("production", stage="production"),
    ]
    return _under(project, [project_named(), *places, application(), *services])


def images(manifests: list[Manifest]) -> dict[str, str]:
    """The image of each service, by its name."""
    found = {}
    for manifest in manifests:
        metadata, spec = manifest["metadata"], manifest.get("spec")
        if manifest["kind"] == "Service" and isinstance(metadata, dict) and isinstance(spec, dict):
            found[str(metadata["name"])] = str(spec["image"])
    return found


def with_image(manifests: list[Manifest], service: str, image: str) -> list[Manifest]:
    """The same manifests, that service with another image."""
    return [_changed(one, image) if _names(one, service) else one for one in manifests]


def without(manifests: list[Manifest], service: str) -> list[Manifest]:
    """The same manifests without that service."""
    return [one for one in manifests if not _names(one, service)]


def _names(manifest: Manifest, service: str) -> bool:
    metadata = manifest["metadata"]
    return manifest["kind"] == "Service" and isinstance(metadata, dict) and metadata["name"] == service


def _changed(manifest: Manifest, image: str) -> Manifest:
    spec = manifest["spec"]
    assert isinstance(spec, dict)
    return manifest | {"spec": spec | {"image": image}}


def _under(project: str, manifests: Iterable[Manifest]) -> list[Manifest]:
    found = []
    for manifest in manifests:
        metadata = manifest["metadata"]
        assert isinstance(metadata, dict)
        key = "name" if manifest["kind"] == "Project" else "project"
        found.append(manifest | {"metadata": metadata | {key: project}})
    return found
