"""Search: what is looked through, and what a hit says."""

from enum import StrEnum

from graph_schema.stored import described, stored

INDEX = "entity_text"
WEIGHTS = {"name": 4.0, "id": 2.0, "description": 1.0}
"""How much a word counts by where it stands."""
HIT = {"score": stored(float, "How well it fits: the higher, the better. It compares hits of one search only.")}


class NodeKind(StrEnum):
    """What people can name, by label."""

    TEAM = "Team"
    USER = "User"
    PROJECT = "Project"
    ENVIRONMENT = "Environment"
    PROVIDER = "Provider"
    APPLICATION = "Application"
    SERVICE = "Service"
    SERVICE_VERSION = "ServiceVersion"
    DEPLOYMENT = "Deployment"
    PLAN = "Plan"
    RUN = "Run"
    POLICY = "Policy"
    FREEZE = "Freeze"
    SCHEDULE = "Schedule"
    TEMPLATE = "Template"
    TEMPLATE_VERSION = "TemplateVersion"


described(
    NodeKind,
    "What people can name.",
    {
        NodeKind.TEAM: "People who own projects together.",
        NodeKind.USER: "A person who signs in.",
        NodeKind.PROJECT: "A product with its applications and environments.",
        NodeKind.ENVIRONMENT: "A place where a project's applications run.",
        NodeKind.PROVIDER: "What carries deployments out.",
        NodeKind.APPLICATION: "Services that belong together.",
        NodeKind.SERVICE: "A process that is part of an application.",
        NodeKind.SERVICE_VERSION: "What a service is made of at one time.",
        NodeKind.DEPLOYMENT: "What is recorded of a service in an environment.",
        NodeKind.PLAN: "What deploying an application to an environment would do.",
        NodeKind.RUN: "A plan being carried out.",
        NodeKind.POLICY: "A rule about the graph.",
        NodeKind.FREEZE: "A time during which nothing is deployed.",
        NodeKind.SCHEDULE: "Times at which an application is deployed.",
        NodeKind.TEMPLATE: "Something that services can be instances of.",
        NodeKind.TEMPLATE_VERSION: "What a template asks for and makes at one time.",
    },
)
