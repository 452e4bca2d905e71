"""All mutations: one input each, and a payload with what was changed and why it was refused."""

import strawberry

from graph_schema.mutations.applications import ApplicationMutations
from graph_schema.mutations.environments import EnvironmentMutations
from graph_schema.mutations.manifests import ManifestMutations
from graph_schema.mutations.projects import ProjectMutations
from graph_schema.mutations.runs import RunMutations
from graph_schema.mutations.services import ServiceMutations
from graph_schema.mutations.sessions import SessionMutations


@strawberry.type(description="Everything that changes the platform. Refusals are data: look at a payload's problems.")
class Mutation(
    SessionMutations,
    ManifestMutations,
    ProjectMutations,
    EnvironmentMutations,
    ApplicationMutations,
    ServiceMutations,
    RunMutations,
):
    """Everything that changes the platform."""
