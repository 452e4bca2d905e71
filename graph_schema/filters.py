"""The inputs of the filter and order language, generated from the declarations.

One input of operators a scalar or enum, shared by all fields of its kind; one filter and one order a type; one input
of quantifiers for what a type is reached over. The functions are called once all declared types are known.
"""

from collections.abc import Sequence
from functools import cache
from operator import or_
from types import GenericAlias, new_class

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import to_camel_case

from app.projection.filters import MOST_VALUES, SEARCH, Operator, operators, sortable
from app.projection.fulltext import LONGEST_TEXT
from app.projection.model import LeafKind
from app.projection.model import SortDirection as SortDirection
from graph_schema.connections import annotation_of, lazy_input
from graph_schema.declaration import Declaration, DeclarationInvalid, Many, One, declaration_of, lazy
from graph_schema.stored import Stored, described

described(
    SortDirection,
    "Which way a key of an order runs.",
    {
        SortDirection.ASC: "From the least to the greatest; what has no value comes last.",
        SortDirection.DESC: "From the greatest to the least; what has no value comes first.",
    },
)

_MEANINGS = {
    Operator.EQ: "Is this.",
    Operator.IN: f"Is one of these, {MOST_VALUES} at most.",
    Operator.LT: "Is less than this.",
    Operator.LTE: "Is this or less.",
    Operator.GT: "Is greater than this.",
    Operator.GTE: "Is this or greater.",
    Operator.CONTAINS: "Contains this, in any case.",
    Operator.STARTS_WITH: "Begins with this, in the same case.",
    Operator.HAS: "Holds this among others.",
    Operator.IS_NULL: "Has no value (true), or has one (false).",
}
_NAMES = {
    LeafKind.STRING: "String",
    LeafKind.ID: "ID",
    LeafKind.INT: "Int",
    LeafKind.FLOAT: "Float",
    LeafKind.BOOLEAN: "Boolean",
    LeafKind.TIME: "DateTime",
}


class _Here(LazyType[object, object]):
    """A reference from an input type to itself."""

    def __init__(self, name: str, made: dict[str, type]) -> None:
        super().__init__(name, __name__)
        object.__setattr__(self, "made", made)

    def resolve_type(self) -> type:
        """The input type, once it is made."""
        made: dict[str, type] = vars(self)["made"]
        return made[self.type_name]


_SELVES: dict[str, type] = {}


@cache
def node_filter(cls: type) -> type:
    """The input `<Type>Filter`: what is asked of nodes of a declared type. All that is said has to be met."""
    name = f"{cls.__name__}Filter"
    declaration = _declared(cls)
    here = _Here(name, _SELVES)
    fields = [
        _field("and_", GenericAlias(list, (here,)), "All of these are met."),
        _field("or_", GenericAlias(list, (here,)), "At least one of these is met."),
        _field("not_", here, "This is not met."),
    ]
    if declaration.entity:
        said = f"The words of this text are found in it, as by `Query.search`; at most {LONGEST_TEXT} characters."
        fields.append(_field(SEARCH, str, said))
    for own, each in declaration.fields.items():
        if own in ("and_", "or_", "not_", SEARCH):
            raise DeclarationInvalid(f"{cls.__name__}.{own}: filters have a field of that name; choose another")
        match each:
            case One() | Many() if not _is_declared(each, declaration.module):
                # Nodes of any type have nothing that all of them could be asked.
                continue
            case Stored():
                if operators(each.leaf(own)):
                    fields.append(_field(own, operator_filter(each, own), each.description))
            case One():
                said = f"There is one, and it meets this: {each.description}"
                fields.append(_field(own, lazy_input("node_filter", lazy(each.target, declaration.module)), said))
            case Many():
                fields.append(_field(own, _quantified(each, declaration.module), each.description))
    return _made(name, f"Which {cls.__name__} nodes: those that meet everything that is said.", fields)


def _is_declared(edge: One | Many, module: str) -> bool:
    target = lazy(edge.target, module).resolve_type()
    return isinstance(target, type) and declaration_of(target) is not None


@cache
def node_order(cls: type) -> type:
    """The input `<Type>Order`: one key to order by."""
    fields = [
        _field(own, SortDirection, f"By: {each.description}")
        for own, each in _declared(cls).fields.items()
        if isinstance(each, Stored) and sortable(each.leaf(own))
    ]
    name = f"{cls.__name__}Order"
    return _made(name, f"One key to order {cls.__name__} nodes by: exactly one of the fields.", fields, one_of=True)


def operator_filter(stored: Stored, own: str) -> type:
    """The input of the operators that a property's kind has."""
    leaf = stored.leaf(own)
    return _operators(stored.type_, leaf.kind, leaf.many, operators(leaf))


@cache
def _operators(type_: object, kind: LeafKind, many: bool, allowed: tuple[Operator, ...]) -> type:
    shown = type_.__name__ if kind is LeafKind.ENUM and isinstance(type_, type) else _NAMES[kind]
    name = f"{shown}{'List' if many else ''}Filter"
    fields = [_field(_python_name(each), _asked(type_, each), _MEANINGS[each]) for each in (*allowed,)]
    fields.append(_field("not_", _Here(name, _SELVES), "This is not met."))
    what = f"a list of {shown} values" if many else f"a value of type {shown}"
    return _made(name, f"What is asked of {what}; all of it has to be met.", fields)


def _asked(type_: object, operator: Operator) -> object:
    if operator is Operator.IS_NULL:
        return bool
    return GenericAlias(list, (type_,)) if operator is Operator.IN else type_


def _python_name(operator: Operator) -> str:
    return {Operator.IN: "in_", Operator.STARTS_WITH: "starts_with", Operator.IS_NULL: "is_null"}.get(
        operator, operator.value
    )


@cache
def node_list_filter(cls: type) -> type:
    """The input `<Type>ListFilter`: what is asked of the nodes that an edge leads to."""
    return _list_filter(cls.__name__, node_filter(cls))


def _quantified(edge: Many, module: str) -> object:
    target = lazy(edge.target, module)
    if not edge.properties:
        return lazy_input("node_list_filter", target)
    assert edge.name is not None
    return _edge_list_filter(edge.name, target, tuple(edge.properties.items()))


@cache
def _edge_list_filter(name: str, target: LazyType[object, object], properties: tuple[tuple[str, Stored], ...]) -> type:
    fields = [_field("node", lazy_input("node_filter", target), f"The {target.type_name} meets this.")]
    fields += [_field(own, operator_filter(each, own), each.description) for own, each in properties]
    said = f"What is asked of an edge to a {target.type_name} and of the node; all of it has to be met."
    return _list_filter(name, _made(f"{name}Filter", said, fields))


def _list_filter(name: str, one: type) -> type:
    return _made(
        f"{name}ListFilter",
        "What is asked of all that there are; `{}` is met by every one.",
        [
            _field("some", one, "At least one meets this."),
            _field("none", one, "None meets this."),
            _field("every", one, "Every one meets this; so it is where there are none."),
        ],
    )


def _declared(cls: type) -> Declaration:
    found = declaration_of(cls)
    if found is None:
        raise DeclarationInvalid(f"{cls.__name__} is not declared; give it @node(…)")
    return found


def _field(name: str, annotation: object, description: str) -> StrawberryField:
    return StrawberryField(
        python_name=name,
        graphql_name=to_camel_case(name.rstrip("_")),
        type_annotation=StrawberryAnnotation(or_(annotation, None)),
        description=description,
        default=UNSET,
    )


def _made(name: str, description: str, fields: Sequence[StrawberryField], *, one_of: bool = False) -> type:
    def body(namespace: dict[str, object]) -> None:
        namespace["__doc__"] = description
        namespace["__module__"] = __name__
        namespace["__annotations__"] = {each.python_name: annotation_of(each) for each in fields}
        namespace.update({each.python_name: each for each in fields})

    made = strawberry.input(new_class(name, (), {}, body), description=description, one_of=one_of or None)
    _SELVES[name] = made
    return made
