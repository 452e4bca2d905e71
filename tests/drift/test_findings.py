"""What differences mean: which count, what is kept of them, and what is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.drift import drifted_fields, finding
from app.domain.plan_changes import MASKED
from workers.providers.contract import FieldChange

NAMES = st.sampled_from(["image", "replicas", "port.http", "strategy", "environment.MODE", "environment.TOKEN"])
VALUE = st.none() | st.text(max_size=5)
CHANGES = st.lists(st.builds(FieldChange, NAMES, VALUE, VALUE), unique_by=lambda one: one.field)


@given(CHANGES)
def test_what_is_stored_is_what_was_found(changes: list[FieldChange]) -> None:
    # when
    found = finding("cart@dev", 3, changes)
    # then what is absent on both sides says nothing, and everything else comes back as it was
    known = tuple(one for one in found.fields if (one.recorded, one.observed) != (None, None))
    assert drifted_fields(found.expected, found.observed) == known


@given(CHANGES)
def test_values_of_variables_are_never_kept(changes: list[FieldChange]) -> None:
    # when
    found = finding("cart@dev", 3, changes)
    # then
    shown = {one.field: {one.recorded, one.observed} for one in found.fields}
    assert all(values <= {MASKED, None} for name, values in shown.items() if name.startswith("environment."))


@given(CHANGES)
def test_an_ignored_field_is_never_drift(changes: list[FieldChange]) -> None:
    # when
    found = finding("cart@dev", 3, changes, ignore=["replicas", "environment.*"])
    # then
    kept = {one.field for one in changes} - {"replicas", "environment.MODE", "environment.TOKEN"}
    assert {one.field for one in found.fields} == kept


def test_it_is_said_what_was_found() -> None:
    # given
    gone = finding("cart@dev", 1, [FieldChange("image", None, "a"), FieldChange("replicas", None, "1")])
    other = finding("cart@dev", 1, [FieldChange(f"port.p{number}", "1", "2") for number in range(7)])
    # then
    assert gone.said == "is gone, or a part of it is"
    assert other.said == "is not as recorded: port.p0, port.p1, port.p2, port.p3, port.p4 and 2 more"
    assert finding("cart@dev", 1, []).said == "is as recorded again"
