"""Every operation the command line sends: its document, and the model of its answer."""

from __future__ import annotations

from typing import Final

from app.cli import answers, listings
from app.cli.client import Operation

LOGIN: Final = Operation("login", answers.LoginAnswer)
ME: Final = Operation("me", answers.MeAnswer)
APPLY_MANIFESTS: Final = Operation("apply_manifests", answers.ApplyAnswer)
PLAN: Final = Operation("plan", answers.PlanAnswer)
PLAN_STEPS: Final = Operation("plan_steps", answers.PlanStepsAnswer)
DEPLOY: Final = Operation("deploy", answers.DeployAnswer)
RUN: Final = Operation("run", answers.RunAnswer)
RUN_STEPS: Final = Operation("run_steps", answers.RunStepsAnswer)
RUNS: Final = Operation("runs", listings.RunsAnswer)
PROJECTS: Final = Operation("projects", listings.ProjectsAnswer)
ENVIRONMENT: Final = Operation("environment", listings.EnvironmentAnswer)
ENVIRONMENTS: Final = Operation("environments", listings.EnvironmentsAnswer)
APPLICATION: Final = Operation("application", listings.ApplicationAnswer)
APPLICATIONS: Final = Operation("applications", listings.ApplicationsAnswer)
SERVICES: Final = Operation("services", listings.ServicesAnswer)
STATUS: Final = Operation("status", listings.StatusAnswer)
GRAPH: Final = Operation("graph", listings.GraphAnswer)
EVENTS: Final = Operation("events", listings.EventsAnswer)
EVENTS_SUBSCRIPTION: Final = Operation("events_subscription", answers.EventsSubscription)
