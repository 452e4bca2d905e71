"""All mutations: one input each, and a payload with what was changed and why it was refused."""

import strawberry

from app.domain.access import Action
from graph_schema.applications import Application
from graph_schema.environments import Environment
from graph_schema.mutations.approvals import ApprovalMutations
from graph_schema.mutations.drift import DriftMutations
from graph_schema.mutations.environments import EnvironmentMutations
from graph_schema.mutations.manifests import ManifestMutations
from graph_schema.mutations.policies import PolicyMutations
from graph_schema.mutations.run_control import RunControlMutations
from graph_schema.mutations.runs import RunMutations
from graph_schema.mutations.services import ServiceMutations
from graph_schema.mutations.sessions import SessionMutations
from graph_schema.mutations.templates import TemplateMutations
from graph_schema.mutations.writing import removed, written
from graph_schema.projects import Project
from graph_schema.schedules import Schedule
from graph_schema.services import Service, ServiceVersion
from graph_schema.templates import Template, TemplateVersion


@strawberry.type(description="Everything that changes the platform. Refusals are data: look at a payload's problems.")
@written(Project, Application, Schedule)
@removed(Environment)
@removed(ServiceVersion, remark="Refused while a deployment runs it or its service desires it.")
@removed(Service, remark="What runs of it is removed by the next plan of its application.")
@written(Template, action=Action.ADMINISTER)
@removed(TemplateVersion, action=Action.ADMINISTER)
class Mutation(
    SessionMutations,
    ManifestMutations,
    EnvironmentMutations,
    ServiceMutations,
    RunMutations,
    ApprovalMutations,
    PolicyMutations,
    DriftMutations,
    RunControlMutations,
    TemplateMutations,
):
    """Everything that changes the platform."""
