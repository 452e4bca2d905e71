"""Score files become services, and everything that does not is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from app.domain.importing.pieces import Imported
from app.domain.importing.score import import_score
from app.domain.manifest_files import read_documents
from app.domain.manifest_validation import field_name
from app.domain.names import ApplicationName

SAMPLE = Path(__file__).parent / "samples" / "score.yaml"
BOUTIQUE = ApplicationName("shop", "boutique")


def left_out(imported: Imported) -> list[tuple[str, str]]:
    """What was left out: the field, and why."""
    return [(field_name(one.path), one.reason) for one in imported.left_out]


def workload(**more: JsonValue) -> dict[str, JsonValue]:
    """A small workload, with more fields of its container."""
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "a"},
        "containers": {"main": {"image": "a:1", **more}},
    }


def test_a_workload_of_everything() -> None:
    # given
    documents, problems = read_documents([SAMPLE])
    assert problems == []
    # when
    imported = import_score(documents[0].content, BOUTIQUE)
    # then
    assert imported.manifests == (
        {
            "apiVersion": "trellis/v1",
            "kind": "Service",
            "metadata": {"name": "sample-app", "project": "shop", "application": "boutique"},
            "spec": {
                "image": "registry.example.org/shop/sample-app:v1.4.2",
                "command": ["/bin/sample"],
                "args": ["--port", "8080"],
                "env": [
                    {"name": "PORT", "value": "8080"},
                    {"name": "NAME", "value": "sample-app"},
                    {"name": "PRICE", "value": "${5}"},
                ],
                "resources": {
                    "requests": {"cpu": "100m", "memory": "64Mi"},
                    "limits": {"cpu": "500m", "memory": "128Mi"},
                },
                "readiness": {"http": {"path": "/ready", "port": 8080}},
                "ports": [{"name": "www", "port": 80, "targetPort": 8080}],
                "dependencies": [{"service": "backend"}, {"service": "mailer"}],
            },
        },
    )
    assert left_out(imported) == [
        ("metadata.annotations", "a service has nothing like it here"),
        ("containers.main.variables.DB_URL", "it needs ${resources.db.host}, which nothing gives here"),
        ("containers.main.files", "a service has no files here"),
        ("containers.main.livenessProbe", "a service is asked whether it is ready, not whether it lives"),
        ("containers.main.readinessProbe.httpGet.httpHeaders", "a probe has nothing like it here"),
        ("containers.sidecar", "a service has one container here, and this is not the first"),
        ("service.ports.dns", "ports are TCP here"),
        ("resources.db", "there are no resources here yet (postgres), only services"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "place", "reason"),
    [
        ("variables", {"A": 1.5}, "variables.A", "its value is not text"),
        (
            "variables",
            {"A": "${metadata.labels}"},
            "variables.A",
            "it needs ${metadata.labels}, which nothing gives here",
        ),
        (
            "resources",
            {"limits": {"cpu": "much"}},
            "resources.limits.cpu",
            "'much' is no quantity: write a number such as 100m, 0.5, 2, 64Mi or 1Gi",
        ),
        ("resources", {"limits": {"gpu": 1}}, "resources.limits.gpu", "a service has nothing like it here"),
        ("command", "sh", "command", "must be a list, not text"),
        (
            "readinessProbe",
            {"exec": {"command": ["x"]}},
            "readinessProbe.exec",
            "a service is asked over HTTP, TCP or gRPC, not by a command",
        ),
        ("readinessProbe", {"httpGet": {"path": "/"}}, "readinessProbe.httpGet", "is required"),
    ],
)
def test_what_is_left_out(field: str, value: JsonValue, place: str, reason: str) -> None:
    # when
    imported = import_score(workload(**{field: value}), BOUTIQUE)
    # then the service is there without it
    assert [manifest["spec"] for manifest in imported.manifests] == [{"image": "a:1"}]
    assert left_out(imported) == [(f"containers.main.{place}", reason)]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (None, "apiVersion", "it is no Score file: apiVersion is not score.dev/v1b1"),
        ({"apiVersion": "score.dev/v2"}, "apiVersion", "it is no Score file: apiVersion is not score.dev/v1b1"),
        (workload() | {"metadata": {"name": "A b"}}, "metadata.name", "it is no service here: this is no name for one"),
        (workload() | {"metadata": {}}, "metadata.name", "it is no service here: this is no name for one"),
        (workload() | {"containers": {}}, "", "it is no service here: spec.image is required"),
    ],
)
def test_what_is_no_workload_gives_nothing(content: JsonValue, place: str, reason: str) -> None:
    # when
    imported = import_score(content, BOUTIQUE)
    # then
    assert imported.manifests == ()
    assert left_out(imported) == [(place, reason)]


def test_an_image_that_is_still_to_be_built_gives_nothing() -> None:
    # when
    imported = import_score(workload(image="."), BOUTIQUE)
    # then
    assert imported.manifests == ()
    assert left_out(imported) == [
        ("containers.main.image", "it stands for an image that is still to be built: name the image"),
        ("", "it is no service here: spec.image is required"),
    ]
