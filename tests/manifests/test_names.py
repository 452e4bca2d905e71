"""Ids: built from names, taken apart again, and refused where they are malformed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import names

slugs = st.from_regex(names.SLUG_PATTERN, fullmatch=True)
labels = st.from_regex(names.LABEL_PATTERN, fullmatch=True)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(project=slugs, name=slugs)
def test_ids_of_two_names_come_apart_again(project: str, name: str) -> None:
    assert names.parse_project_id(names.project_id(project)) == project
    assert names.parse_environment_id(names.environment_id(project, name)) == names.EnvironmentName(project, name)
    assert names.parse_application_id(names.application_id(project, name)) == names.ApplicationName(project, name)


@given(project=slugs, application=slugs, name=slugs, environment=slugs, label=labels, digest=digests)
def test_ids_of_services_versions_and_deployments_come_apart_again(
    project: str, application: str, name: str, *, environment: str, label: str, digest: str
) -> None:
    # given
    service = names.service_id(names.application_id(project, application), name)
    place = names.environment_id(project, environment)
    version = names.version_name(label, digest)

    # then
    assert names.parse_service_id(service) == names.ServiceName(project, application, name)
    assert names.parse_service_id(service).application_id == f"{project}/{application}"
    assert names.parse_version_id(names.version_id(service, version)) == names.VersionName(service, version)
    assert names.parse_deployment_id(names.deployment_id(service, place)) == names.DeploymentName(service, place)
    assert version == f"{label}-{digest[:8]}"


def test_every_kind_of_id_looks_different() -> None:
    # given
    service = names.service_id(names.application_id("shop", "boutique"), "cart")
    version = names.version_name("v0.10.4", "1a2b3c4d" + "0" * 56)

    # then
    assert names.project_id("shop") == "shop"
    assert names.environment_id("shop", "production") == "shop@production"
    assert names.application_id("shop", "boutique") == "shop/boutique"
    assert service == "shop/boutique/cart"
    assert names.version_id(service, version) == "shop/boutique/cart:v0.10.4-1a2b3c4d"
    assert names.deployment_id(service, "shop@production") == "shop/boutique/cart@production"


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a_b", "a.b", "a" * 64, "ä", "a\n", "a/b", "a@b"])
def test_what_is_no_dns_label_is_no_name(text: str) -> None:
    assert not names.is_slug(text)
    with pytest.raises(ValueError, match="is no name: 1 to 63 lower-case letters, digits and hyphens"):
        names.project_id(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (names.parse_project_id, "shop/boutique"),
        (names.parse_environment_id, "shop"),
        (names.parse_environment_id, "shop/boutique/cart@production"),
        (names.parse_application_id, "shop"),
        (names.parse_application_id, "shop/boutique/cart"),
        (names.parse_service_id, "shop/boutique"),
        (names.parse_service_id, "shop/boutique/cart@production"),
        (names.parse_version_id, "shop/boutique/cart"),
        (names.parse_version_id, "shop/boutique/cart:v1"),
        (names.parse_version_id, "shop/boutique:v1-1a2b3c4d"),
        (names.parse_deployment_id, "shop@production"),
        (names.parse_deployment_id, "shop/boutique/cart"),
    ],
)
def test_an_id_of_another_kind_is_refused(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="is no "):
        parse(text)


def test_a_deployment_stays_within_its_project() -> None:
    with pytest.raises(ValueError, match="belong to different projects"):
        names.deployment_id("shop/boutique/cart", "bank@production")


@pytest.mark.parametrize("label", ["", "-v1", "v1.", "a" * 55, "v1 "])
def test_a_malformed_version_label_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="is no version label"):
        names.version_name(label, "0" * 64)


def test_a_digest_that_is_not_hexadecimal_is_refused() -> None:
    with pytest.raises(ValueError, match="'sha256:abc' is no hexadecimal digest"):
        names.version_name("v1", "sha256:abc")
