"""Ids that people type: paths of names, from which a node's place in the platform can be read.

    project      shop                       environment   shop@production
    application  shop/boutique              service       shop/boutique/cart
    version      shop/boutique/cart:v1-1a2b3c4d
    deployment   shop/boutique/cart@production
    template     template:web                its version   template:web:1.2

Every id is unique in a tenant over all kinds, because the separators differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SLUG_PATTERN: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""A DNS label (RFC 1123): 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end."""

LABEL_PATTERN: Final = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,52}[A-Za-z0-9])?"
"""A version label: 1 to 54 characters, so that label, hyphen and eight digits make a Kubernetes label value (63)."""

VERSION_PATTERN: Final = LABEL_PATTERN + r"-[0-9a-f]{8}"
"""A version's name: its label and the first eight hexadecimal digits of its specification's SHA-256."""

SLUG_LENGTH: Final = 63
LABEL_LENGTH: Final = 54

_TEMPLATE: Final = "template:"
_SLUG = re.compile(SLUG_PATTERN)
_LABEL = re.compile(LABEL_PATTERN)
_VERSION = re.compile(VERSION_PATTERN)


@dataclass(frozen=True, slots=True)
class EnvironmentName:
    """The parts of an environment's id."""

    project: str
    name: str


@dataclass(frozen=True, slots=True)
class ApplicationName:
    """The parts of an application's id."""

    project: str
    name: str


@dataclass(frozen=True, slots=True)
class ServiceName:
    """The parts of a service's id."""

    project: str
    application: str
    name: str

    @property
    def application_id(self) -> str:
        """The id of the application the service belongs to."""
        return f"{self.project}/{self.application}"


@dataclass(frozen=True, slots=True)
class VersionName:
    """The parts of a service version's id."""

    service_id: str
    name: str


@dataclass(frozen=True, slots=True)
class TemplateVersionName:
    """The parts of the id of a version of a template: the template's name, and the version's label."""

    template: str
    label: str

    @property
    def template_id(self) -> str:
        """The id of the template."""
        return f"{_TEMPLATE}{self.template}"


@dataclass(frozen=True, slots=True)
class DeploymentName:
    """The parts of a deployment's id: which service, in which environment."""

    service_id: str
    environment_id: str


def is_slug(text: str) -> bool:
    """Whether a text can name a project, environment, application or service."""
    return len(text) <= SLUG_LENGTH and _is_slug(text)


@lru_cache(maxsize=8_192)
def _is_slug(text: str) -> bool:
    # The same few names stand in every document of a folder, and in every id.
    return _SLUG.fullmatch(text) is not None


def project_id(name: str) -> str:
    """The id of a project. ValueError for what is no DNS label."""
    return slug(name)


def environment_id(project: str, name: str) -> str:
    """The id of a project's environment, both given by name. ValueError for what is no DNS label."""
    return f"{slug(project)}@{slug(name)}"


def application_id(project: str, name: str) -> str:
    """The id of a project's application, both given by name. ValueError for what is no DNS label."""
    return f"{slug(project)}/{slug(name)}"


def service_id(application: str, name: str) -> str:
    """The id of a service, from its application's id and its own name. ValueError where either is malformed."""
    parse_application_id(application)
    return f"{application}/{slug(name)}"


def dependency_id(application: str, reference: str) -> str:
    """The id of the service that one of that application's services names: `cart`, or `other/cart` of the same project.

    ValueError where either is malformed.
    """
    other, slash, name = reference.rpartition("/")
    if not slash:
        return service_id(application, name)
    return service_id(application_id(parse_application_id(application).project, other), name)


def template_id(name: str) -> str:
    """The id of a template. ValueError for what is no DNS label."""
    return f"{_TEMPLATE}{slug(name)}"


def template_version_id(template: str, label: str) -> str:
    """The id of a version of a template, from the template's id and its label. ValueError for a malformed label."""
    if _LABEL.fullmatch(label) is None:
        raise ValueError(
            f"{label[:80]!r} is no version: up to {LABEL_LENGTH} letters, digits, '_', '.' and '-', "
            "with a letter or digit at both ends"
        )
    return f"{template}:{label}"


def default_namespace(project: str, environment: str) -> str:
    """The namespace of an environment that names none; with long names it can be too long for one (63 characters)."""
    return f"{project}-{environment}"


def version_name(label: str, digest: str) -> str:
    """The name of a version: its label and the first eight digits of its hexadecimal digest."""
    if _LABEL.fullmatch(label) is None:
        raise ValueError(
            f"{label!r} is no version label: up to {LABEL_LENGTH} letters, digits, '_', '.' and '-', "
            "with a letter or digit at both ends"
        )
    name = f"{label}-{digest[:8]}"
    if _VERSION.fullmatch(name) is None:
        raise ValueError(f"{digest!r} is no hexadecimal digest")
    return name


def version_id(service: str, name: str) -> str:
    """The id of a version, from its service's id and its own name. ValueError where either is malformed."""
    parse_service_id(service)
    if _VERSION.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no version name")
    return f"{service}:{name}"


def deployment_id(service: str, environment: str) -> str:
    """The id of a service's deployment in an environment, both given by id.

    ValueError where either is malformed, or the two belong to different projects.
    """
    project, place = parse_service_id(service).project, parse_environment_id(environment)
    if project != place.project:
        raise ValueError(f"service {service!r} and environment {environment!r} belong to different projects")
    return f"{service}@{place.name}"


def parse_project_id(text: str) -> str:
    """The project's name. ValueError for anything else than a project id."""
    return slug(text)


def parse_environment_id(text: str) -> EnvironmentName:
    """Project and name of an environment. ValueError for anything else than an environment id."""
    project, _, name = text.partition("@")
    if not (is_slug(project) and is_slug(name)):
        raise ValueError(f"{text!r} is no environment id (project@environment)")
    return EnvironmentName(project, name)


@lru_cache(maxsize=1_024)
def parse_application_id(text: str) -> ApplicationName:
    """Project and name of an application. ValueError for anything else than an application id."""
    project, _, name = text.partition("/")
    if not (is_slug(project) and is_slug(name)):
        raise ValueError(f"{text!r} is no application id (project/application)")
    return ApplicationName(project, name)


def parse_service_id(text: str) -> ServiceName:
    """Project, application and name of a service. ValueError for anything else than a service id."""
    parts = text.split("/")
    if not (len(parts) == 3 and is_slug(parts[0]) and is_slug(parts[1]) and is_slug(parts[2])):
        raise ValueError(f"{text!r} is no service id (project/application/service)")
    return ServiceName(parts[0], parts[1], parts[2])


def parse_version_id(text: str) -> VersionName:
    """Service id and name of a version. ValueError for anything else than a version id."""
    service, _, name = text.partition(":")
    if _VERSION.fullmatch(name) is None:
        raise ValueError(f"{text!r} is no version id (project/application/service:label-digest)")
    parse_service_id(service)
    return VersionName(service, name)


def parse_template_id(text: str) -> str:
    """A template's name. ValueError for anything else than a template's id."""
    name = text.removeprefix(_TEMPLATE)
    if not text.startswith(_TEMPLATE) or not is_slug(name):
        raise ValueError(f"{text!r} is no id of a template (template:name)")
    return name


def parse_template_version_id(text: str) -> TemplateVersionName:
    """Template and label of a version of a template. ValueError for anything else than the id of one."""
    name, colon, label = text.removeprefix(_TEMPLATE).partition(":")
    if not text.startswith(_TEMPLATE) or not colon or not is_slug(name) or _LABEL.fullmatch(label) is None:
        raise ValueError(f"{text!r} is no id of a version of a template (template:name:version)")
    return TemplateVersionName(name, label)


def parse_deployment_id(text: str) -> DeploymentName:
    """Service and environment id of a deployment. ValueError for anything else than a deployment id."""
    service, _, environment = text.partition("@")
    if not is_slug(environment):
        raise ValueError(f"{text!r} is no deployment id (project/application/service@environment)")
    return DeploymentName(service, environment_id(parse_service_id(service).project, environment))


def slug(text: str) -> str:
    """The text, where it can be a name. ValueError for what is no DNS label."""
    if not is_slug(text):
        raise ValueError(
            f"{text!r} is no name: 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends"
        )
    return text
