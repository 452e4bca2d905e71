"""Projects, environments, applications, services and templates in tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from app.cli.listings import Application, Environment, Hit, Project, Service, Template
from app.cli.tables import cell, table


def projects_table(projects: Sequence[Project]) -> Table:
    """Projects, one a line."""
    view = table("PROJECT", "CHANGED", "DESCRIPTION")
    for project in projects:
        view.add_row(cell(project.id), cell(project.updated_at), cell(project.description))
    return view


def environments_table(environments: Sequence[Environment]) -> Table:
    """Environments, one a line."""
    view = table("ENVIRONMENT", "STAGE", "PROVIDER", "NAMESPACE", "PROMOTES TO", "CHANGED")
    for environment in environments:
        view.add_row(
            cell(environment.id),
            cell(environment.stage.lower()),
            cell(environment.provider and environment.provider.name),
            cell(environment.namespace),
            cell(environment.promotes_to and environment.promotes_to.id),
            cell(environment.updated_at),
        )
    return view


def applications_table(applications: Sequence[Application]) -> Table:
    """Applications, one a line."""
    view = table("APPLICATION", "CHANGED", "DESCRIPTION")
    for application in applications:
        view.add_row(cell(application.id), cell(application.updated_at), cell(application.description))
    return view


def services_table(services: Sequence[Service]) -> Table:
    """Services with the version that is to be deployed next, one a line."""
    view = table("SERVICE", "DESIRED VERSION", "IMAGE", "REPLICAS", "CHANGED", right={"REPLICAS"})
    for service in services:
        version = service.desired_version
        view.add_row(
            cell(service.id),
            cell(version and version.name),
            cell(version and version.image),
            cell(version and version.replicas),
            cell(service.updated_at),
        )
    return view


def templates_table(templates: Sequence[Template]) -> Table:
    """Templates with their versions, those that are deprecated in brackets, one a line."""
    view = table("TEMPLATE", "TITLE", "CATEGORY", "VERSIONS", "TAGS")
    for template in templates:
        versions = [f"({one.name})" if one.deprecated else one.name for one in template.versions.nodes]
        more = [f"and {template.versions.total_count - len(versions)} more"]
        view.add_row(
            cell(template.id),
            cell(template.title),
            cell(template.category),
            cell(" ".join(versions + (more if template.versions.total_count > len(versions) else []))),
            cell(" ".join(template.tags)),
        )
    return view


def hits_table(hits: Sequence[Hit]) -> Table:
    """What a search found, one a line, the best first."""
    view = table("KIND", "ID", "NAME", "DESCRIPTION")
    for hit in hits:
        view.add_row(cell(hit.type_name), cell(hit.id), cell(hit.name), cell(hit.description))
    return view
