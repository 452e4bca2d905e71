"""The page as the API itself serves it: sign in, ask, watch an event come, sign out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.graph import GraphSettings
from app.local.web import build
from tests.api import PASSWORD, Api, free_port, served, settings_for
from tests.web.browser import Page, open_page

ANSWER = r"document.querySelector('.graphiql-response').innerText.replace(/\s+/g, ' ')"
RUN = ".graphiql-execute-button"
CREATE = "mutation ($input: CreateProjectInput!) { createProject(input: $input) { problems { message } } }"


@pytest.fixture
async def api(graph_settings: GraphSettings, redis_url: str, tenant: str) -> AsyncIterator[Api]:
    """The real API, which serves the page since that was built before it started."""
    await asyncio.to_thread(build, lambda step: None)
    async with served(settings_for(graph_settings, redis_url, tenant=tenant, port=free_port())) as api:
        yield api


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A tab that nobody is signed in to."""
    async with open_page(tmp_path) as opened:
        yield opened


async def sign_in(page: Page, api: Api, password: str = PASSWORD) -> None:
    await page.goto(f"{api.url}/")
    await page.fill("sign-in-name", "admin")
    await page.fill("sign-in-password", password)
    await page.click("sign-in-submit")


async def run(page: Page) -> None:
    """Press the run button of the tab that is open."""
    await page.until(f"document.querySelector('{RUN}') && document.querySelector('.graphiql-query-editor .view-line')")
    await page.evaluate(f"document.querySelector('{RUN}').click()")


async def create(api: Api, project: str) -> None:
    answer = await api.ask(CREATE, {"input": {"name": project}})
    assert answer == {"createProject": {"problems": []}}


async def test_a_wrong_password_is_refused_in_words_and_nobody_is_signed_in(api: Api, page: Page) -> None:
    # when
    await sign_in(page, api, password="wrong")
    await page.until("document.querySelector('[role=alert]').textContent !== ''")

    # then
    assert await page.text("sign-in-problem") == "Name or password is wrong."
    assert await page.evaluate("document.querySelector('[data-testid=playground]')") is None
    assert await page.evaluate("sessionStorage.length") == 0
    assert page.complaints == []


async def test_from_signing_in_over_a_query_and_a_live_event_to_signing_out(api: Api, page: Page) -> None:
    # when
    await sign_in(page, api)

    # then
    assert await page.text("signed-in-as") == "admin"

    # when a query runs
    await run(page)

    # then
    await page.until(f"{ANSWER}.includes('totalCount')")
    assert '"totalCount": 0' in str(await page.evaluate(ANSWER))

    # when somebody changes something while the events are open
    await page.click("example-events")
    await page.until("document.querySelector('.graphiql-query-editor').innerText.includes('subscription')")
    await run(page)
    await page.until(f"document.querySelector('{RUN}').ariaLabel.startsWith('Stop')")
    # Nothing shows when the server has begun to listen for this tab; what happened before that is not sent.
    async with asyncio.timeout(20):
        for number in count():
            await create(api, f"from-elsewhere-{number}")
            if "project.created" in str(await page.evaluate(ANSWER)):
                break

    # then
    assert "Project from-elsewhere-" in str(await page.evaluate(ANSWER))

    # when
    await page.click("sign-out")

    # then
    assert "Sign in" in await page.text("sign-in-form")
    assert await page.evaluate("sessionStorage.length") == 0
    assert api.token not in str(await page.evaluate("JSON.stringify({...localStorage})"))
    assert {urlsplit(one).netloc for one in page.requests if not one.startswith("data:")} == {urlsplit(api.url).netloc}
    assert any(one.startswith("ws:") for one in page.requests)
    assert page.complaints == []
