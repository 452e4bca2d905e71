"""The page in a real browser that can reach nothing but our server, under the content security policy we send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from app.http.middleware import SafetyHeaders
from app.local.web import build
from tests.web.browser import Page, open_page


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    """The address at which the built page is served, as the API does, without the API."""
    dist = await asyncio.to_thread(build, lambda step: None)
    app = Starlette(routes=[Mount("/", StaticFiles(directory=dist, html=True))], middleware=[Middleware(SafetyHeaders)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with open_page(tmp_path) as opened:
        yield opened


def hosts(page: Page) -> set[str]:
    return {urlsplit(address).netloc for address in page.requests if not address.startswith("data:")}


async def test_the_sign_in_form_loads_without_a_complaint(origin: str, page: Page) -> None:
    # when
    await page.goto(origin)
    shown = await page.text("sign-in-form")

    # then
    assert "Sign in to ask the platform graph." in shown
    assert page.complaints == []
    assert hosts(page) == {urlsplit(origin).netloc}


async def test_without_an_api_the_form_says_so_and_stays(origin: str, page: Page) -> None:
    # given
    await page.goto(origin)
    await page.fill("sign-in-password", "anything")

    # when
    await page.click("sign-in-submit")
    await page.until("document.querySelector('[role=alert]').textContent !== ''")

    # then
    assert await page.text("sign-in-problem") == "The server answered 405 and no JSON."
    assert await page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])") == "[{},{}]"


async def test_the_editor_and_its_workers_come_from_our_server_alone(origin: str, page: Page) -> None:
    # given
    await page.goto(origin)
    await page.evaluate("sessionStorage.setItem('trellis.session', JSON.stringify({token: 't', name: 'ada'}))")

    # when
    await page.goto(f"{origin}/?again")
    await page.until("document.querySelectorAll('.graphiql-query-editor .view-line').length > 10")
    await page.until("performance.getEntriesByType('resource').some(({name}) => name.includes('graphql.worker'))")

    # then
    assert await page.text("signed-in-as") == "ada"
    assert await page.evaluate(
        "[...document.querySelectorAll('.graphiql-tab-button')].map((tab) => tab.innerText)"
    ) == [
        "Applications",
        "Status",
        "LiveEvents",
    ]
    assert hosts(page) == {urlsplit(origin).netloc}
    assert [said for said in page.complaints if "405" not in said] == []


async def test_signing_out_forgets_the_token(origin: str, page: Page) -> None:
    # given
    await page.goto(origin)
    await page.evaluate("sessionStorage.setItem('trellis.session', JSON.stringify({token: 't0ken', name: 'ada'}))")
    await page.goto(f"{origin}/?again")

    # when
    await page.click("sign-out")

    # then
    assert "Sign in" in await page.text("sign-in-form")
    stored = str(await page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])"))
    assert "t0ken" not in stored
