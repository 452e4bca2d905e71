"""What manifests declare: ids, versions and defaults."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from app.domain.declarations import (
    ApplicationDeclaration,
    Declaration,
    DependencyDeclaration,
    EnvironmentDeclaration,
    ProjectDeclaration,
    ServiceDeclaration,
    declare,
    default_label,
)
from app.domain.manifest_validation import validate
from app.domain.versions import VersionSpec, digest
from app.domain.workloads import Port, Probe, ProbeKind, ResourceNeeds
from tests.manifests.samples import changed, document

SHA = "sha256:" + "0123456789abcdef" * 4


def declared(content: dict[str, JsonValue]) -> Declaration:
    manifest = validate(content)
    assert not isinstance(manifest, tuple), manifest
    return declare(manifest)


def service(content: dict[str, JsonValue]) -> ServiceDeclaration:
    declaration = declared(content)
    assert isinstance(declaration, ServiceDeclaration)
    return declaration


def test_project_application_and_environment() -> None:
    assert declared(document("Project")) == ProjectDeclaration("thing", "thing", "")
    assert declared(document("Application")) == ApplicationDeclaration("shop/thing", "shop", "thing", "")
    assert declared(document("Environment")) == EnvironmentDeclaration(
        id="shop@thing",
        project_id="shop",
        name="thing",
        description="",
        stage="development",
        provider=None,
        namespace="shop-thing",
        promotes_to=None,
    )


def test_an_environment_with_everything() -> None:
    # given
    content = document("Environment")
    content["spec"] = {
        "description": "Here.",
        "stage": "staging",
        "provider": "kubernetes",
        "namespace": "elsewhere",
        "promotesTo": "production",
    }

    # then
    assert declared(content) == EnvironmentDeclaration(
        id="shop@thing",
        project_id="shop",
        name="thing",
        description="Here.",
        stage="staging",
        provider="kubernetes",
        namespace="elsewhere",
        promotes_to="shop@production",
    )


def test_a_service_with_everything() -> None:
    # given
    version = VersionSpec(
        label="v1",
        image="registry.example:443/shop/cart:v1.2.3",
        replicas=2,
        ports=(Port("admin", 81, 81), Port("http", 80, 8080)),
        environment=(("MODE", "fast"), ("PORT", "8080")),
        command=("/cart",),
        args=("--verbose",),
        resources=ResourceNeeds("100m", "200m", "64Mi", "1Gi"),
        probe=Probe(ProbeKind.HTTP, 8080, "/healthz"),
        deadline_seconds=120,
    )

    # then
    declared = service(document())
    assert declared == ServiceDeclaration(
        id="shop/boutique/cart",
        project_id="shop",
        application_id="shop/boutique",
        name="cart",
        description="Keeps carts.",
        version=version,
        dependencies=(
            DependencyDeclaration("shop/boutique/redis", "hard"),
            DependencyDeclaration("shop/other/mail", "soft"),
        ),
    )
    assert declared.version_id == f"shop/boutique/cart:v1-{digest(version)[:8]}"


@pytest.mark.parametrize(
    ("readiness", "probe"),
    [
        ({"tcp": {"port": 1}}, Probe(ProbeKind.TCP, 1)),
        ({"grpc": {"port": 2}}, Probe(ProbeKind.GRPC, 2)),
        ({"http": {"port": 3}}, Probe(ProbeKind.HTTP, 3, "/")),
        (None, None),
    ],
)
def test_each_probe(readiness: JsonValue, probe: Probe | None) -> None:
    assert service(changed(("spec", "readiness"), readiness)).own.probe == probe


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "description"), "Something else."),
        (("spec", "dependencies"), []),
        (("spec", "env"), [{"name": "MODE", "value": "fast"}, {"name": "PORT", "value": "8080"}]),
        (("spec", "resources", "requests", "cpu"), "100m"),
        (("spec", "resources", "limits", "memory"), "1Gi"),
        (("spec", "ports", 1, "targetPort"), 81),
    ],
)
def test_what_runs_alike_is_the_same_version(path: tuple[str | int, ...], value: JsonValue) -> None:
    assert service(changed(path, value)).version_id == service(document()).version_id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "image"), "registry.example:443/shop/cart:v1.2.4"),
        (("spec", "replicas"), 3),
        (("spec", "env", 0, "value"), "8081"),
        (("spec", "args"), []),
        (("spec", "readiness"), None),
        (("spec", "deadlineSeconds"), 121),
        (("spec", "resources", "limits", "cpu"), "201m"),
        (("spec", "ports", 0, "targetPort"), 8081),
    ],
)
def test_what_runs_differently_is_another_version(path: tuple[str | int, ...], value: JsonValue) -> None:
    # when
    other = service(changed(path, value)).version_id

    # then
    assert other != service(document()).version_id
    assert str(other).startswith("shop/boutique/cart:v1-")


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("redis:8.2.1-alpine", "8.2.1-alpine"),
        (f"redis:8@{SHA}", "8"),
        (f"redis@{SHA}", "sha256-0123456789ab"),
        ("redis", "latest"),
        ("redis:_dev_", "dev"),
        ("redis:__", "image"),
        ("redis:" + "a" * 53 + ".b", "a" * 53),
    ],
)
def test_a_version_takes_its_label_from_the_image(image: str, label: str) -> None:
    assert default_label(image) == label
