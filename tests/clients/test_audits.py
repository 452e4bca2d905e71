"""The audits of npm `graphql-http`: what the GraphQL-over-HTTP specification asks of a server."""

from __future__ import annotations

from collections import Counter

from tests.clients.programs import Programs

GET_IS_OFF = {
    "5A70": "MAY accept application/x-www-form-urlencoded formatted GET requests",
    "D6D5": "MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting "
    "application/graphql-response+json",
    "6A70": "MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json",
}
"""What a server may do and Trellis does not: it answers POST alone, so that no link makes a browser ask anything."""


async def test_every_audit_passes_but_those_that_want_get(programs: Programs) -> None:
    # given the served API, and the audits
    # when they are run as somebody signed in
    ended = await programs.run("audits.mjs")
    audits = [audit for audit in ended.lines if isinstance(audit, dict)]
    # then there is no error and no warning, and what is noticed is that GET is refused
    assert (ended.code, ended.complaint) == (0, "")
    assert Counter(str(audit["status"]) for audit in audits) == {"ok": 58, "notice": 3}, [
        audit for audit in audits if audit["status"] not in {"ok", "notice"}
    ]
    assert {audit["id"]: audit["name"] for audit in audits if audit["status"] == "notice"} == GET_IS_OFF
    assert {audit["reason"] for audit in audits} == {None, "Response status code is not 200"}


async def test_the_audits_find_what_is_wrong(programs: Programs) -> None:
    # given nobody who is signed in
    # when the audits are run
    ended = await programs.run("audits.mjs", TOKEN="none")
    # then those that expect an answer fail
    statuses = Counter(str(audit["status"]) for audit in ended.lines if isinstance(audit, dict))
    assert statuses["error"] > 10
    assert statuses["warn"] > 5
