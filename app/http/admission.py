"""What is asked is admitted or refused before anything of it runs: over HTTP and over sockets alike.

A request passes in this order: trusted document, limits of the document, sign-in, validity, right to introspect,
variables, cost of the request, budget of the minute. What is refused has asked nothing of the graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from graphql import GraphQLError, OperationDefinitionNode, OperationType, get_variable_values
from graphql.execution.values import VariableValues

from app.budgets import Budgets, Exhausted
from app.costs import Cost, Costs, Priced, root_names
from app.domain.access import Action, Actor, can
from app.http.asked import Asked
from app.http.documents import Document, Documents
from app.http.failures import refused, shown
from app.trusted import Mode, Trusted, Unknown, digest

_log = structlog.get_logger("http")

STRANGERS = 50
"""An address from which nobody has signed in has this part of a person's budget."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may run. `who` names whose budget it is, `tells` whether the answer tells its cost."""

    document: Document
    priced: Priced
    variables: VariableValues
    given: dict[str, object]
    cost: Cost
    who: str
    stranger: bool
    tells: bool
    shown: Mapping[str, object] | None

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation to run."""
        return self.priced.operation

    @property
    def name(self) -> str | None:
        """The operation's name."""
        return self.operation.name.value if self.operation.name else None


class NotAdmitted(Exception):
    """A request that may not run. `firm` is set where the HTTP status holds for every caller; times in seconds."""

    def __init__(
        self,
        errors: list[dict[str, object]],
        *,
        status: int = 400,
        firm: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(str(errors[0]["message"]) if errors else "refused")
        self.errors = errors
        self.status = status
        self.firm = firm
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be asked at most. `request` is the largest cost of a request."""

    request: int = 400_000
    introspection: bool = True
    shows_cost: bool = False


USUAL = Rules()


class Admission:
    """Decides about requests to one schema. Without `budgets` nothing is counted over a minute."""

    def __init__(
        self,
        documents: Documents,
        costs: Costs,
        *,
        rules: Rules = USUAL,
        budgets: Budgets | None = None,
        trusted: Trusted | None = None,
    ) -> None:
        self._documents = documents
        self._costs = costs
        self._rules = rules
        self._budgets = budgets
        self._trusted = trusted or Trusted()

    async def admit(self, asked: Asked, actor: Actor | None, *, address: str, request_id: str) -> Admitted:
        """The request, ready to run. Raises NotAdmitted; nothing was asked of the graph then."""
        text = self._text(asked, actor)
        try:
            document = self._documents.parse(text, keep=actor is not None)
            operation = document.operation(asked.operation_name)
        except GraphQLError as error:
            raise NotAdmitted(shown([error], request_id)) from error
        if actor is None and not _signs_in(document, operation):
            raise _refusal("sign in first: send a bearer token", "UNAUTHENTICATED", status=401)
        invalid = self._documents.validate(document)
        if invalid:
            raise NotAdmitted(shown(invalid, request_id))
        priced = self._priced(document, operation)
        if priced.introspects:
            self._may_introspect(actor)
        variables = get_variable_values(
            self._costs.schema,
            operation.variable_definitions or (),
            asked.variables,
            max_errors=20,
            hide_suggestions=True,
        )
        if isinstance(variables, list):
            raise NotAdmitted(shown(variables, request_id))
        cost = self._costs.cost(priced, variables)
        who = f"address {address}" if actor is None else f"{actor.tenant} {actor.id}"
        if cost.total > self._rules.request:
            raise _too_dear(who, cost, self._rules.request)
        await self._spend(who, cost.total, stranger=actor is None)
        tells = asked.shows_cost or self._rules.shows_cost
        shown_cost = self._shown(who, cost) if tells else None
        return Admitted(document, priced, variables, asked.variables, cost, who, actor is None, tells, shown_cost)

    async def resolve(self, admitted: Admitted) -> Admitted:
        """The same request, at the price of GraphQL's own execution, where it turns out that a compiled read cannot
        answer it: for that a null in the right place is enough.

        Raises NotAdmitted.
        """
        cost = replace(admitted.cost, total=admitted.cost.resolved)
        further = cost.total - admitted.cost.total
        if further <= 0:
            return admitted
        if cost.total > self._rules.request:
            raise _too_dear(admitted.who, cost, self._rules.request)
        await self._spend(admitted.who, further, stranger=admitted.stranger)
        return replace(admitted, cost=cost, shown=self._shown(admitted.who, cost) if admitted.tells else None)

    async def message(self, admitted: Admitted) -> None:
        """Spend what one message of a subscription costs. Raises NotAdmitted."""
        await self._spend(admitted.who, admitted.cost.message, stranger=admitted.stranger)

    def _text(self, asked: Asked, actor: Actor | None) -> str:
        mode = self._trusted.mode
        text = asked.query
        if asked.document_id is not None and text is None:
            if mode is Mode.OFF:
                raise _refusal("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED")
            try:
                return self._trusted.text(asked.document_id)
            except Unknown as error:
                if mode is Mode.ALLOW:
                    raise _refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND") from error
                raise _untrusted() from error
        if text is None:
            raise _refusal("query must be the text of a GraphQL document", "BAD_REQUEST", firm=True)
        if asked.document_id is not None and digest(text) != asked.document_id.lower().removeprefix("sha256:"):
            raise _refusal("the document is not the one that its hash names", "BAD_REQUEST", firm=True)
        explores = actor is not None and can(actor, Action.EXPLORE)
        if mode is Mode.REQUIRE and not explores and not self._trusted.knows(text):
            raise _untrusted()
        return text

    def _priced(self, document: Document, operation: OperationDefinitionNode) -> Priced:
        index = document.operations.index(operation) if len(document.operations) > 1 else 0
        found = document.prices.get(index)
        if found is None:
            found = document.prices[index] = self._costs.price(operation, document.fragments)
        return found

    def _may_introspect(self, actor: Actor | None) -> None:
        if not self._rules.introspection:
            raise _refusal("the schema may not be introspected here", "FORBIDDEN", status=403)
        if actor is None or not can(actor, Action.INTROSPECT):
            who = "a stranger" if actor is None else f"{actor.name} ({actor.role})"
            raise _refusal(f"{who} may not introspect the schema", "FORBIDDEN", status=403)

    async def _spend(self, who: str, cost: int, *, stranger: bool) -> None:
        budgets = self._budgets
        if budgets is None or budgets.spend(who, cost):
            return
        size = budgets.minute // STRANGERS if stranger else budgets.minute
        try:
            await budgets.take(who, cost, size=max(size, cost))
        except Exhausted as error:
            seconds = max(1, int(error.seconds) + 1)
            _log.warning("a minute's budget is spent", who=who, cost=cost, budget=size, retry_after=seconds)
            inside = {"code": "RATE_LIMITED", "cost": cost, "budget": size, "retryAfterSeconds": seconds}
            text = f"this minute's budget of {size} is spent; this request costs {cost}: try again in {seconds} s"
            raise NotAdmitted(
                [{"message": text, "extensions": inside}], status=429, firm=True, retry_after=seconds
            ) from error

    def _shown(self, who: str, cost: Cost) -> Mapping[str, object]:
        told: dict[str, object] = {"cost": cost.total, "budget": self._rules.request, "path": list(cost.path)}
        if self._budgets is not None:
            told |= {"budgetPerMinute": self._budgets.minute, "left": self._budgets.left(who)}
        return told


def _refusal(message: str, code: str, *, status: int = 400, firm: bool | None = None) -> NotAdmitted:
    return NotAdmitted([refused(message, code)], status=status, firm=status == 401 if firm is None else firm)


def _untrusted() -> NotAdmitted:
    return _refusal("only documents that this deployment trusts are carried out", "UNTRUSTED_DOCUMENT", status=403)


def _too_dear(who: str, cost: Cost, budget: int) -> NotAdmitted:
    place = ".".join(cost.path)
    _log.warning("a request is too dear", who=who, cost=cost.total, budget=budget, path=place)
    text = f"the operation may cost {cost.total}, at most {budget} are allowed; most of it is below {place}"
    inside = {"code": "COST_EXCEEDED", "cost": cost.total, "budget": budget, "path": list(cost.path)}
    return NotAdmitted([{"message": text, "extensions": inside}])


def _signs_in(document: Document, operation: OperationDefinitionNode) -> bool:
    return operation.operation is OperationType.MUTATION and set(root_names(operation, document.fragments)) == {"login"}
