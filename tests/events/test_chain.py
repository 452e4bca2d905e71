"""The hash chain: whole logs verify, and nobody changes one unseen."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.event_chain import GENESIS, Anchor, canonical, link, verify
from app.domain.recorded_events import EventUnreadable, RecordedEvent, from_wire, to_wire

# A busy machine is no finding.
unhurried = settings(deadline=None)

TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PENDING = st.builds(
    RecordedEvent,
    tenant=st.just("default"),
    id=st.uuids().map(str),
    seq=st.just(0),
    type=TEXTS,
    category=TEXTS,
    level=TEXTS,
    subject=TEXTS,
    subject_label=TEXTS,
    subject_version=st.integers(0, 2**53),
    actor=TEXTS,
    at=st.integers(0, 2**52).map(lambda micros: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)),
    correlation_id=TEXTS,
    change_set=TEXTS,
    message=TEXTS,
    application_id=st.none() | TEXTS,
    environment_id=st.none() | TEXTS,
    data=st.dictionaries(TEXTS, VALUES, max_size=3).map(lambda data: orjson.dumps(data).decode()),
    hash=st.just(""),
    previous_hash=st.just(""),
)
LOGS = st.lists(PENDING, min_size=1, max_size=8).map(lambda pending: link(pending, GENESIS))


def tampered(event: RecordedEvent, name: str) -> RecordedEvent:
    """The event with another value of that field."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    match values[name]:
        case int(value):
            values[name] = value + 1
        case str(value):
            values[name] = value + "x"
        case datetime() as value:
            values[name] = value - timedelta(microseconds=1)
        case _:
            values[name] = "x"
    return RecordedEvent(**values)


def end_of(log: list[RecordedEvent]) -> Anchor:
    """Where the log ends."""
    return Anchor(log[-1].seq, log[-1].hash)


@unhurried
@given(LOGS)
def test_a_log_that_nobody_touched_is_whole(log: list[RecordedEvent]) -> None:
    # when / then
    assert verify(log, end=end_of(log)) is None
    assert [event.seq for event in log] == list(range(1, len(log) + 1))


@unhurried
@given(LOGS, st.data())
def test_a_changed_field_is_found(log: list[RecordedEvent], data: st.DataObject) -> None:
    # given
    place = data.draw(st.integers(0, len(log) - 1))
    name = data.draw(st.sampled_from([field.name for field in fields(RecordedEvent)]))

    # when
    flaw = verify([*log[:place], tampered(log[place], name), *log[place + 1 :]], end=end_of(log))

    # then
    assert flaw is not None
    assert flaw.seq == place + 1


@unhurried
@given(LOGS, st.data())
def test_a_dropped_event_is_found(log: list[RecordedEvent], data: st.DataObject) -> None:
    # given
    place = data.draw(st.integers(0, len(log) - 1))

    # when
    flaw = verify([*log[:place], *log[place + 1 :]], end=end_of(log))

    # then
    assert flaw is not None
    assert flaw.seq == place + 1


@unhurried
@given(LOGS.filter(lambda log: len(log) > 1), st.data())
def test_another_order_is_found(log: list[RecordedEvent], data: st.DataObject) -> None:
    # given
    first = data.draw(st.integers(0, len(log) - 2))
    second = data.draw(st.integers(first + 1, len(log) - 1))
    swapped = list(log)
    swapped[first], swapped[second] = swapped[second], swapped[first]

    # when
    flaw = verify(swapped, end=end_of(log))

    # then
    assert flaw is not None
    assert flaw.seq == first + 1


@unhurried
@given(LOGS, PENDING, st.data())
def test_an_event_pushed_in_is_found(log: list[RecordedEvent], other: RecordedEvent, data: st.DataObject) -> None:
    # given
    place = data.draw(st.integers(0, len(log) - 1))
    before = GENESIS if place == 0 else end_of(log[:place])

    # when
    flaw = verify([*log[:place], *link([other], before), *log[place:]], end=end_of(log))

    # then
    assert flaw is not None
    assert flaw.seq == place + 2


@unhurried
@given(LOGS)
def test_a_stretch_verifies_from_where_it_starts(log: list[RecordedEvent]) -> None:
    # when / then
    assert verify(log[1:], start=end_of(log[:1]), end=end_of(log)) is None


@unhurried
@given(PENDING, TEXTS)
def test_data_that_is_no_json_has_a_hash_of_its_own(event: RecordedEvent, text: str) -> None:
    # given
    spoiled = replace(event, data="{" + text)

    # when / then
    assert canonical(spoiled) != canonical(replace(event, data=orjson.dumps("{" + text).decode()))
    assert verify(link([spoiled], GENESIS)) is None


@unhurried
@given(LOGS)
def test_the_way_over_the_stream_changes_nothing(log: list[RecordedEvent]) -> None:
    # when / then
    assert [from_wire("default", to_wire(event)) for event in log] == log


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'{"tenant":"other"}', b'{"tenant":"default"}', b"\xff"])
def test_what_is_no_event_is_refused(text: bytes) -> None:
    # when / then
    with pytest.raises(EventUnreadable):
        from_wire("default", text)


def test_the_hash_is_what_the_documentation_says() -> None:
    # given
    event = RecordedEvent(
        tenant="default",
        id="01938b5e-0000-7000-8000-000000000001",
        seq=0,
        type="service.created",
        category="graph",
        level="info",
        subject="shop/boutique/cart",
        subject_label="Service",
        subject_version=1,
        actor="user:admin",
        at=datetime(2026, 11, 21, 12, 4, 48, 441000, tzinfo=UTC),
        correlation_id="r-1",
        change_set="o-1",
        message="service cart was created",
        application_id="shop/boutique",
        environment_id=None,
        data='{"b": 1, "a": "ä"}',
        hash="",
        previous_hash="",
    )

    # when
    [linked] = link([event], GENESIS)

    # then
    text = (
        '{"actor":"user:admin","applicationId":"shop/boutique","at":"2026-11-21T12:04:48.441000Z","category":"graph",'
        '"changeSet":"o-1","correlationId":"r-1","data":{"a":"ä","b":1},"environmentId":null,'
        '"id":"01938b5e-0000-7000-8000-000000000001","level":"info","message":"service cart was created","seq":1,'
        '"subject":"shop/boutique/cart","subjectLabel":"Service","subjectVersion":1,"tenant":"default",'
        '"type":"service.created"}'
    )
    assert canonical(linked).decode() == text
    assert linked.previous_hash == "0" * 64
    assert linked.hash == hashlib.sha256((text + "0" * 64).encode()).hexdigest()
