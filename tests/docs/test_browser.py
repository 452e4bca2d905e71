"""What the page about exploring says of Neo4j Browser, done in a real one."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from app.local.neo4j import Neo4jServer
from tests.guards.sources import CHECKOUT
from tests.web.browser import Page, open_page

PAGE = (CHECKOUT / "docs" / "exploring.md").read_text(encoding="utf-8")
STYLE = (CHECKOUT / "web" / "neo4j-browser-style.grass").read_text(encoding="utf-8")
SHOP = """
CREATE (a:Application {tenant: 'default', id: 'online-boutique/boutique', name: 'boutique'}),
  (a)-[:HAS_SERVICE]->(c:Service {tenant: 'default', id: 'online-boutique/boutique/cartservice', name: 'cartservice'}),
  (a)-[:HAS_SERVICE]->(r:Service {tenant: 'default', id: 'online-boutique/boutique/redis-cart', name: 'redis-cart'}),
  (c)-[:DEPENDS_ON {kind: 'hard'}]->(r)
"""
NEWEST = "document.querySelector('[data-testid=frame]').innerText"


async def run(page: Page, text: str) -> None:
    """Type into the editor and let it run."""
    await page.insert("[data-testid=activeEditor] textarea", text)
    await page.click("editor-Run")


@pytest.fixture
async def browser(lone_neo4j: Neo4jServer, tmp_path: Path) -> AsyncIterator[Page]:
    """Neo4j Browser, signed in to a database with two services."""
    address = f"127.0.0.1:{lone_neo4j.bolt_port}"
    with GraphDatabase.driver(f"bolt://{address}", auth=("neo4j", lone_neo4j.password)) as driver:
        driver.execute_query(SHOP)
        try:
            async with open_page(tmp_path) as page:
                await page.goto(lone_neo4j.browser)
                for field, value in (
                    ("boltaddress", address),
                    ("username", "neo4j"),
                    ("password", lone_neo4j.password),
                ):
                    await page.fill(field, value)
                await page.click("connect")
                await page.until("document.body.innerText.includes('You are connected as user neo4j')")
                yield page
        finally:
            driver.execute_query("MATCH (node {tenant: 'default'}) DETACH DELETE node")


async def test_parameters_and_queries_can_be_pasted(browser: Page) -> None:
    # given the line that sets the parameters, and a query of the page
    [parameters] = re.findall(r"^:params .*$", PAGE, re.M)
    query = (CHECKOUT / "cypher" / "exploring" / "most_needed.cypher").read_text(encoding="utf-8")
    # when both are pasted, one after the other
    await run(browser, parameters)
    await browser.until(f"{NEWEST}.includes('Successfully set your parameters')")
    await run(browser, query)
    await browser.until(f"{NEWEST}.includes('Started streaming')")
    # then the query answers for the example
    shown = str(await browser.evaluate(NEWEST))
    assert re.search(r'"redis-cart"\s+1\s+1\s', shown)
    assert re.search(r'"cartservice"\s+0\s+0\s', shown)


async def test_the_colours_can_be_dropped_onto_the_editor(browser: Page) -> None:
    # given the style's file
    drop = f"""(() => {{
        const carried = new DataTransfer();
        carried.items.add(new File([{json.dumps(STYLE)}], 'neo4j-browser-style.grass'));
        const editor = document.querySelector('[data-testid=activeEditor]');
        for (const kind of ['dragenter', 'dragover', 'drop'])
            editor.dispatchEvent(new DragEvent(kind, {{bubbles: true, cancelable: true, dataTransfer: carried}}));
    }})()"""
    # when it is dropped onto the editor, and the style is asked for
    await browser.evaluate(drop)
    await browser.until("document.querySelectorAll('[data-testid=frame]').length > 0")
    await run(browser, ":style")
    await browser.until(f"{NEWEST}.includes('node.Service')")
    # then every kind of node in the file has its colour
    shown = str(await browser.evaluate(NEWEST))
    kinds = re.findall(r"^((?:node|relationship)\.\w+) \{", STYLE, re.M)
    assert len(kinds) > 10
    assert [kind for kind in kinds if f"{kind} {{" not in shown] == []
