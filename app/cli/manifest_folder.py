"""Manifests as a folder of files that `apply -f` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from app.cli.failures import BadUsage
from app.domain.yaml_writing import write_yaml

Manifests = Sequence[Mapping[str, JsonValue]]


def layout(manifests: Manifests) -> dict[str, list[Mapping[str, JsonValue]]]:
    """Which manifests go into which file: a project with environments, an application with services, a template."""
    files: dict[str, list[Mapping[str, JsonValue]]] = {}
    for manifest in manifests:
        files.setdefault(_file(manifest), []).append(manifest)
    return files


def _file(manifest: Mapping[str, JsonValue]) -> str:
    metadata = manifest["metadata"]
    if not isinstance(metadata, dict):
        raise TypeError("a manifest's metadata is a mapping")
    match manifest["kind"]:
        case "Project":
            return f"{metadata['name']}/project.yaml"
        case "Environment":
            return f"{metadata['project']}/project.yaml"
        case "Application":
            return f"{metadata['project']}/applications/{metadata['name']}.yaml"
        case "Template":
            return f"templates/{metadata['name']}.yaml"
        case _:
            return f"{metadata['project']}/applications/{metadata['application']}.yaml"


def write(folder: Path, manifests: Manifests) -> int:
    """Write the files into a folder that is new or empty; returns how many there are.

    Raises BadUsage where the folder holds something already, or cannot be written.
    """
    files = layout(manifests)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            # What is no longer there would stay in a file of before, and be applied again.
            raise BadUsage(f"{folder} is not empty: name a new folder", "FOLDER_NOT_EMPTY")
        for name, documents in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(write_yaml(documents), encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{error.filename or folder} cannot be written: {error.strerror or error}", "FOLDER") from error
    return len(files)
