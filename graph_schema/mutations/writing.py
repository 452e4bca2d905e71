"""Mutations that follow from a declaration: create, update and delete, with their inputs and payloads."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from operator import or_
from types import GenericAlias, new_class
from typing import Annotated, TypeVar, cast

import orjson
import strawberry
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from app.domain import declared
from app.domain.access import Action
from app.domain.kinds import Rule
from app.projection.model import LeafKind
from app.transactions import Value
from graph_schema.declaration import Declaration, DeclarationInvalid, Many, One, Together, Write, declaration_of
from graph_schema.kinds import parent_of
from graph_schema.mutations.answers import Asked, DeleteInput, DeletePayload, attempt, change_of, deleted
from graph_schema.problems import Problem
from graph_schema.projected import projected
from graph_schema.stored import Stored
from graph_schema.weights import WRITING, weighing

C = TypeVar("C", bound=type)
Resolver = Callable[..., Awaitable[object]]

_PROBLEMS = "Why it was refused; empty where it was done."
_EXPECTED = "Refuse where it is not at this version any more."
_KEY = "Your own key of 1 to 200 characters: a repeat with the same key gives the first answer again."


@dataclass(frozen=True, slots=True)
class _Input:
    """One field of an input: its GraphQL type, what it says, and what it is where it is left out."""

    type: object
    description: str
    default: object = UNSET
    required: bool = False


def written(*types: type, action: Action = Action.CHANGE) -> Callable[[C], C]:
    """Give a class of mutations those that create, update and delete nodes of these declared types.

    `action` is what a caller must be allowed.
    """

    def add(cls: C) -> C:
        for each in types:
            _add_saving(cls, each, _declaration(each), action)
        return removed(*types, action=action)(cls)

    return add


def removed(*types: type, remark: str = "", action: Action = Action.CHANGE) -> Callable[[C], C]:
    """Give a class of mutations those that delete nodes of these declared types.

    `remark` ends the description, `action` is what a caller must be allowed.
    """

    def add(cls: C) -> C:
        for each in types:
            _add_deleting(cls, each, _declaration(each), remark=_remarked(remark, action), action=action)
        return cls

    return add


def _remarked(remark: str, action: Action) -> str:
    return f"{remark} Administrators only.".lstrip() if action is Action.ADMINISTER else remark


def _declaration(type_: type) -> Declaration:
    found = declaration_of(type_)
    if found is None or found.key is None:
        raise DeclarationInvalid(f"{type_.__name__} cannot be written: give it @node(…, key=…)")
    return found


def _words(type_: type) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type_.__name__).lower()


def _one(type_: type) -> str:
    words = _words(type_)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _add_saving(cls: type, type_: type, declaration: Declaration, action: Action) -> None:
    parent, edge = parent_of(type_, declaration)
    payload, answer = _payload(type_)
    places = {each.property_ or name: name for name, each in declaration.fields.items() if isinstance(each, Stored)}
    places["parent"] = parent

    def locate(field: str) -> str:
        return to_camel_case(places.get(field, field))

    async def create(self: object, info: Asked, input: object) -> object:
        given = vars(input)
        work = declared.create(
            change_of(info),
            declaration.label,
            name=str(given["name"]),
            parent_id=None if edge.fixed else str(given[parent]),
            values=_values(declaration, given),
            locate=locate,
            idempotency_key=given["idempotency_key"],
            action=action,
        )
        return await answer(info, *await attempt(work))

    async def update(self: object, info: Asked, input: object) -> object:
        given = vars(input)
        work = declared.update(
            change_of(info),
            declaration.label,
            id=str(given["id"]),
            values=_values(declaration, given),
            expected_version=given["expected_version"],
            locate=locate,
            idempotency_key=given["idempotency_key"],
            action=action,
        )
        return await answer(info, *await attempt(work))

    noun, words = _one(type_), _words(type_)
    above = {} if edge.fixed else {parent: _Input(strawberry.ID, _by_id(edge), required=True)}
    new = _input(f"Create{type_.__name__}Input", f"A new {words}.", {**above, **_given(declaration, creating=True)})
    changed = _input(
        f"Update{type_.__name__}Input",
        f"What to change of {noun}; what is left out stays.",
        {
            "id": _Input(strawberry.ID, f"The {words}'s id.", required=True),
            **_given(declaration, creating=False),
            "expected_version": _Input(int, _EXPECTED, None),
        },
    )
    own = "_".join(words.split())
    where = "" if edge.fixed else f" in the {parent.replace('_', ' ')}"
    said = _remarked(f"Create {noun}. Refused where one of that name exists{where}.", action)
    _add(cls, f"create_{own}", said, create, new, f"The {words}.", payload)
    _add(cls, f"update_{own}", _remarked(f"Change {noun}.", action), update, changed, "The change.", payload)


def _add_deleting(cls: type, type_: type, declaration: Declaration, *, remark: str, action: Action) -> None:
    async def delete(self: object, info: Asked, input: DeleteInput) -> object:
        work = declared.delete(
            change_of(info),
            declaration.label,
            id=input.id,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            impact_digest=input.impact_digest,
            action=action,
        )
        return await deleted(work)

    edges = {name: each for name, each in declaration.fields.items() if isinstance(each, One | Many)}
    along = [f"`{to_camel_case(name)}`" for name, each in edges.items() if each.on_delete is Rule.CASCADE]
    users = [f"`{to_camel_case(name)}`" for name, each in edges.items() if each.on_delete is Rule.RESTRICT]
    said = f"Delete {_one(type_)}"
    said += f" with its {' and '.join(along)}." if along else "."
    said += f" Refused while there is anything in its {' or '.join(users)}." if users else ""
    dependents = [f"`{to_camel_case(name)}`" for name, each in edges.items() if each.on_delete is Rule.CONFIRM]
    said += f" What is in its {' or '.join(dependents)} is let go; that needs `impactDigest`." if dependents else ""
    said += f" {remark}" if remark else ""
    name = "delete_" + "_".join(_words(type_).split())
    _add(cls, name, said, delete, DeleteInput, f"Which {_words(type_)}.", DeletePayload)


def _add(cls: type, name: str, description: str, resolver: Resolver, input: type, of: str, payload: type) -> None:
    resolver.__annotations__ = {
        "info": Asked,
        "input": Annotated[input, strawberry.argument(description=of)],
        "return": payload,
    }
    setattr(cls, name, strawberry.mutation(resolver, description=description, metadata=weighing(WRITING)))


def _by_id(edge: One | Many) -> str:
    said = edge.description.rstrip(".")
    return f"{said}, by their ids." if isinstance(edge, Many) else f"{said}, by its id."


def _given(declaration: Declaration, *, creating: bool) -> Mapping[str, _Input]:
    found = {}
    name = declaration.fields.get("name")
    if not isinstance(name, Stored):
        raise DeclarationInvalid(f'{declaration.label} is part of a key by its name: declare name = stored(str, "…")')
    if creating:
        found["name"] = _Input(str, name.description, required=True)
    for own, each in declaration.fields.items():
        if (
            own == "name"
            or isinstance(each, Together)
            or each.write is None
            or not (creating or each.write is Write.ALWAYS)
        ):
            continue
        if isinstance(each, Stored):
            type_: object = GenericAlias(list, (each.type_,)) if each.many else each.type_
            default = _shown_default(each) if creating and each.default is not None else UNSET
            found[own] = _Input(type_, each.description, default, creating and not each.optional and default is UNSET)
        elif isinstance(each, Many):
            found[own] = _Input(list[strawberry.ID], _by_id(each))
        else:
            type_ = str if each.prefix else strawberry.ID
            found[own] = _Input(type_, _by_id(each), required=creating and not each.optional)
    return found


def _shown_default(stored: Stored) -> object:
    if isinstance(stored.type_, type) and issubclass(stored.type_, Enum):
        return stored.type_(stored.default)
    return stored.default


def _input(name: str, description: str, fields: Mapping[str, _Input]) -> type:
    fields = {**fields, "idempotency_key": _Input(str, _KEY, None)}

    def body(namespace: dict[str, object]) -> None:
        namespace["__doc__"] = description
        namespace["__module__"] = __name__
        namespace["__annotations__"] = {
            own: each.type if each.required or each.default not in (None, UNSET) else or_(each.type, None)
            for own, each in fields.items()
        }
        for own, each in fields.items():
            if each.required:
                namespace[own] = strawberry.field(description=each.description)
            elif isinstance(each.default, list):
                namespace[own] = strawberry.field(description=each.description, default_factory=each.default.copy)
            else:
                namespace[own] = strawberry.field(description=each.description, default=each.default)

    return strawberry.input(new_class(name, (), {}, body), description=description)


def _payload(type_: type) -> tuple[type, Resolver]:
    name = "_".join(_words(type_).split())
    description = f"{_one(type_).capitalize()} that was changed, or why it was not."

    def body(namespace: dict[str, object]) -> None:
        namespace["__doc__"] = description
        namespace["__module__"] = __name__
        namespace["__annotations__"] = {name: or_(type_, None), "problems": list[Problem]}
        namespace[name] = strawberry.field(description=f"The {_words(type_)} as it is now; null where it was refused.")
        namespace["problems"] = strawberry.field(description=_PROBLEMS)

    made = strawberry.type(new_class(f"{type_.__name__}Payload", (), {}, body), description=description)

    async def answer(info: Asked, id: str | None, problems: list[Problem]) -> object:
        node: object = None
        if id is not None:
            node = await projected(info, type_, id, field=name)
        return cast("object", made(**{name: node, "problems": problems}))

    return made, answer


def _values(declaration: Declaration, given: Mapping[str, object]) -> dict[str, Value]:
    values = {}
    for name, each in declaration.fields.items():
        if name == "name" or isinstance(each, Together) or each.write is None or given.get(name, UNSET) is UNSET:
            continue
        if isinstance(each, Stored):
            values[each.property_ or name] = _value(each, given[name])
        elif isinstance(each, Many):
            values[name] = sorted({str(end) for end in cast("list[str]", given[name] or [])})
        else:
            values[name] = None if given[name] is None else str(given[name])
    return values


def _value(stored: Stored, given: object) -> Value:
    if given is None:
        return None
    if stored.kind is LeafKind.JSON:
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode()
    if isinstance(given, list):
        return [each.value if isinstance(each, Enum) else cast("Value", each) for each in given]
    return given.value if isinstance(given, Enum) else cast("Value", given)
