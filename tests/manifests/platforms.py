"""Hypothesis strategies for whole platforms: manifests that fit together."""

from __future__ import annotations

from hypothesis import strategies as st
from pydantic import JsonValue, TypeAdapter

from tests.manifests import samples

_names = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
_maybe = st.booleans()
_words = st.text(st.characters(exclude_categories=["C"]), max_size=12)


def _document(kind: str, metadata: dict[str, JsonValue], spec: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {"apiVersion": "trellis/v1", "kind": kind, "metadata": metadata, "spec": spec}


def _about(draw: st.DrawFn) -> dict[str, JsonValue]:
    return {"description": draw(_words)} if draw(_maybe) else {}


_specs = samples.specs.map(TypeAdapter(dict[str, JsonValue]).validate_python)


@st.composite
def platforms(draw: st.DrawFn) -> list[dict[str, JsonValue]]:
    """Projects with environments that promote to later ones, applications, and services that need earlier ones."""
    found: list[dict[str, JsonValue]] = []
    some_names = st.lists(_names, max_size=3, unique=True)
    for project in draw(st.lists(_names, min_size=1, max_size=2, unique=True)):
        found.append(_document("Project", {"name": project}, _about(draw)))
        environments = draw(some_names)
        for place, name in enumerate(environments):
            spec = _about(draw)
            spec["stage"] = draw(st.sampled_from(("development", "staging", "production")))
            if draw(_maybe):
                spec["provider"] = draw(st.sampled_from(("echo", "kubernetes")))
            if draw(_maybe):
                spec["namespace"] = draw(_names)
            later = environments[place + 1 :]
            if draw(_maybe) and later:
                spec["promotesTo"] = draw(st.sampled_from(later))
            found.append(_document("Environment", {"project": project, "name": name}, spec))
        earlier: list[tuple[str, str]] = []
        for application in draw(st.lists(_names, max_size=2, unique=True)):
            metadata: dict[str, JsonValue] = {"project": project, "name": application}
            found.append(_document("Application", metadata, _about(draw)))
            for name in draw(some_names):
                found.append(
                    _document(
                        "Service",
                        {"project": project, "application": application, "name": name},
                        draw(_specifications(application, list(earlier))),
                    )
                )
                earlier.append((application, name))
    return draw(st.permutations(found))


@st.composite
def _specifications(draw: st.DrawFn, application: str, earlier: list[tuple[str, str]]) -> dict[str, JsonValue]:
    spec: dict[str, JsonValue] = dict(draw(_specs))
    needs = draw(st.lists(st.sampled_from(earlier), max_size=3, unique=True)) if earlier else []
    dependencies: list[JsonValue] = []
    for other, name in needs:
        reference = name if other == application and draw(_maybe) else f"{other}/{name}"
        kind: dict[str, JsonValue] = draw(st.sampled_from(({}, {"kind": "hard"}, {"kind": "soft"})))
        dependencies.append({"service": reference, **kind})
    spec["dependencies"] = dependencies
    return spec
