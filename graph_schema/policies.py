"""Policies: what is checked before a change or a deployment."""

from datetime import datetime

from strawberry import ID

from app.domain.policies import Enforcement as Enforcement
from app.domain.policies import Point as Point
from app.domain.policies import Verdict as Verdict
from app.domain.policies import ViolationState as ViolationState
from app.projection.model import Order
from graph_schema.declaration import Write, incoming, many, node, one, outgoing, stored
from graph_schema.stored import described

described(
    Enforcement,
    "What a finding of a policy does.",
    {
        Enforcement.DENY: "Refuses the change, or blocks the step.",
        Enforcement.APPROVE: "Makes a plan need approval.",
        Enforcement.WARN: "Is said, and nothing more.",
        Enforcement.DRY_RUN: "Is counted, and nothing more.",
        Enforcement.OFF: "The policy is not asked.",
    },
)
described(
    Point,
    "When a policy is checked.",
    {
        Point.MUTATE: "When the graph is changed.",
        Point.PLAN: "When a plan is made.",
        Point.APPROVE: "When a plan is approved.",
        Point.DEPLOY: "When a plan is carried out.",
        Point.AUDIT: "When what exists is looked through.",
    },
)


described(
    Verdict,
    "What a policy said to a transition.",
    {
        Verdict.ALLOW: "Nothing was found, or an exception lets it through.",
        Verdict.WARN: "Something was found, and is only said.",
        Verdict.DRY_RUN: "Something was found, and is only counted.",
        Verdict.APPROVE: "Something was found that makes approval necessary.",
        Verdict.DENY: "Something was found that refuses it, or the policy could not be asked.",
    },
)


described(
    ViolationState,
    "Whether a violation is still there.",
    {ViolationState.OPEN: "The last audit saw it.", ViolationState.RESOLVED: "The last audit did not see it any more."},
)


@node("Policy")
class Policy:
    """A rule about the graph, checked before a change or a deployment."""

    id = stored(ID, "Its id.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was added.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name.")
    description = stored(str, "What it asks for, and why.")
    enforcement = stored(Enforcement, "What a finding does.")
    points = stored(Point, "When it is checked.", many=True)
    owner = stored(str, "Who answers for it.", optional=True)
    links = stored(str, "Where to read more.", many=True)
    parameters = stored(str, "What can be set of it, each as `name=default`.", many=True)
    digest = stored(str, "Its own version: the SHA-256 of what it consists of, in hexadecimal.", optional=True)
    set_enforcement = stored(Enforcement, "What a finding does for everybody, if that was set.", optional=True)
    set_parameters = stored(str, "The parameters that were set for everybody, each as `name=value`.", many=True)
    projects = many(
        "projects.Project",
        incoming("SUBJECT_TO"),
        "The projects for which it was set how it applies.",
        name="PolicySetting",
        properties={
            "enforcement": stored(Enforcement, "What a finding does there, if that was set.", optional=True),
            "parameters": stored(str, "The parameters that were set, each as `name=value`.", many=True),
        },
    )
    exceptions = many(
        "interfaces.Node",
        outgoing("EXEMPTS"),
        "What it lets through for a while.",
        name="PolicyException",
        properties={
            "id": stored(ID, "The exception's id."),
            "owner": stored(str, "Who answers for it."),
            "reason": stored(str, "Why it is needed."),
            "expires_at": stored(datetime, "When it ends."),
            "created_by": stored(ID, "The id of who granted it."),
        },
    )
    violations = many("Violation", incoming("OF"), "What audits have found, open or not.")
    freezes = many("Freeze", outgoing("HOLDS"), "The freezes it looks at.")
    decisions = many("Decision", incoming("OF"), "What it said, newest first.", order=(Order("id", descending=True),))


@node("Decision", entity=False)
class Decision:
    """What a policy said at one time."""

    id = stored(ID, "Its id, which sorts by time.")
    version = stored(int, "Always 1.")
    created_at = stored(datetime, "When it was logged.")
    updated_at = stored(datetime, "When it was logged.")
    policy = stored(str, "The policy's name.", indexed=True)
    policy_version = stored(str, "The digest of the policy as it was then.")
    point = stored(Point, "When it was asked.")
    inputs_hash = stored(str, "The SHA-256 of what it was asked with: the same question has the same.")
    verdict = stored(Verdict, "What it said.", indexed=True)
    at = stored(datetime, "When it said so.", indexed=True)
    actor = stored(ID, "The id of who wanted the transition.")
    about_id = stored(ID, "The id of what it was about: a plan, a run, a service.")
    about = one("interfaces.Node", outgoing("ABOUT"), "What it was about, while that is there.", optional=True)
    of = one("Policy", outgoing("OF"), "The policy, while it is there.", optional=True)
    message = stored(str, "The first thing that was found.", optional=True)
    subjects = stored(ID, "What violates the policy, at most twenty.", many=True)
    subject_count = stored(int, "How many violations there are.")
    excepted = stored(ID, "What an exception let through, at most twenty.", many=True)
    excepted_count = stored(int, "How many violations exceptions let through.")
    duration_ms = stored(float, "How many milliseconds it took.")


@node("Violation", entity=False)
class Violation:
    """Something that audits have found to violate a policy."""

    id = stored(ID, "Its id: the same violation has the same.")
    version = stored(int, "Counts the audits that have found it or seen it gone.")
    created_at = stored(datetime, "When it was first found.")
    updated_at = stored(datetime, "When an audit last looked.")
    policy = stored(str, "The policy's name.", indexed=True)
    clause = stored(str, "Which of the policy's clauses is violated.")
    subject = stored(ID, "The id of what violates it.")
    place = stored(str, "The ids of the application and the environment it was found in.")
    enforcement = stored(Enforcement, "What a finding does.")
    state = stored(ViolationState, "Whether it is still there.")
    message = stored(str, "What is wrong, in a sentence.")
    path = stored(ID, "The ids of the nodes that show it.", many=True)
    path_edges = stored(str, "The edge types between the nodes of `path`.", many=True)
    found_at = stored(datetime, "When it was found, the last time that it was not there before.")
    seen_at = stored(datetime, "When an audit last saw it.")
    resolved_at = stored(datetime, "When an audit saw that it is gone.", optional=True)
    found_on = one("interfaces.Node", outgoing("FOUND_ON"), "What violates it, while that is there.", optional=True)
    of = one("Policy", outgoing("OF"), "The policy, while it is there.", optional=True)


@node("Freeze", key="freeze:{name}")
class Freeze:
    """A time during which nothing is deployed, but by breaking the glass."""

    id = stored(ID, "Its id: `freeze:` and its name.")
    version = stored(int, "Counts its changes, from 1.")
    created_at = stored(datetime, "When it was made.")
    updated_at = stored(datetime, "When it was last changed.")
    name = stored(str, "Its name, unique in the tenant.")
    reason = stored(str, "Why nothing is deployed.", write=Write.ONCE)
    starts_at = stored(datetime, "When it begins.", property_="from", write=Write.ONCE)
    ends_at = stored(datetime, "When it ends.", property_="until", write=Write.ONCE)
    policy = one("Policy", incoming("HOLDS"), "The policy that looks at it.", fixed="policy:freeze-windows")
    projects = many("projects.Project", outgoing("FREEZES"), "The projects that are frozen.", write=Write.ONCE)
    environments = many(
        "environments.Environment", outgoing("FREEZES"), "The environments that are frozen.", write=Write.ONCE
    )
