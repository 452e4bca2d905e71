"""Chromium, driven over its DevTools protocol, cut off from every address but 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import JsonValue
from websockets.asyncio.client import ClientConnection, connect

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    "--window-size=1400,900",
)
START_SECONDS = 30.0
WAIT_SECONDS = 20.0


class Page:
    """One tab. `requests` are the addresses it asked for, `complaints` its errors, exceptions and policy violations."""

    def __init__(self, socket: ClientConnection) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._socket = socket
        self._session: str | None = None
        self._answers: dict[int, asyncio.Future[Mapping[str, JsonValue]]] = {}
        self._sent = 0

    async def goto(self, url: str) -> None:
        """Open an address and return once the document has been parsed."""
        await self._send("Page.navigate", {"url": url})
        await self.until("document.readyState !== 'loading' && location.href !== 'about:blank'")

    async def evaluate(self, expression: str) -> JsonValue:
        """The value of a JavaScript expression, awaited where it is a promise. AssertionError where it throws."""
        answer = await self._send(
            "Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True}
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        result = answer["result"]
        assert isinstance(result, dict)
        return result.get("value")

    async def until(self, condition: str, seconds: float = WAIT_SECONDS) -> None:
        """Return once a JavaScript condition holds. AssertionError with the page's text if it does not in that time."""
        script = f"""new Promise((resolve) => {{
            const end = Date.now() + {seconds * 1000};
            const look = () => {{
                let held = false;
                try {{ held = Boolean({condition}); }} catch {{ /* not there yet */ }}
                if (held || Date.now() > end) resolve(held); else setTimeout(look, 20);
            }};
            look();
        }})"""
        if not await self.evaluate(script):
            shown = await self.evaluate("document.body.innerText.slice(0, 2000)")
            raise AssertionError(f"{condition} did not come true; {self.complaints}; the page says: {shown}")

    async def text(self, testid: str) -> str:
        """The text of the element with this data-testid."""
        await self.until(f"{_element(testid)} !== null")
        return str(await self.evaluate(f"{_element(testid)}.textContent"))

    async def click(self, testid: str) -> None:
        """Click the element with this data-testid once it is there."""
        await self.until(f"{_element(testid)} !== null")
        await self.evaluate(f"{_element(testid)}.click()")

    async def fill(self, testid: str, value: str) -> None:
        """Replace what is typed into the field with this data-testid."""
        await self.until(f"{_element(testid)} !== null")
        await self.evaluate(f"{_element(testid)}.focus(), {_element(testid)}.select()")
        await self._send("Input.insertText", {"text": value})

    async def insert(self, selector: str, text: str) -> None:
        """Type text into the first element that a CSS selector finds, after what is there."""
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(f"{found} !== null")
        await self.evaluate(f"{found}.focus()")
        await self._send("Input.insertText", {"text": text})

    async def attach(self) -> None:
        """Open the tab and begin to listen."""
        target = await self._send("Target.createTarget", {"url": "about:blank"})
        session = await self._send("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        self._session = str(session["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self._send(f"{domain}.enable", {})

    async def listen(self) -> None:
        """Take what the browser says, until it is closed."""
        async for message in self._socket:
            said = json.loads(message)
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if not answer.done():
                    answer.set_result(said)
            else:
                self._note(said["method"], said["params"])

    def _note(self, method: str, params: Mapping[str, JsonValue]) -> None:
        match method, params:
            case "Network.requestWillBeSent", {"request": {"url": str(url)}}:
                self.requests.append(url)
            case "Network.webSocketCreated", {"url": str(url)}:
                self.requests.append(url)
            case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                self.complaints.append(json.dumps(details))
            case "Log.entryAdded", {"entry": {"level": "error", "text": str(text)}}:
                self.complaints.append(text)
            case "Runtime.consoleAPICalled", {"type": "error", "args": arguments}:
                self.complaints.append(json.dumps(arguments))

    async def _send(self, method: str, params: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        self._sent += 1
        answer = self._answers[self._sent] = asyncio.get_running_loop().create_future()
        message: dict[str, JsonValue] = {"id": self._sent, "method": method, "params": dict(params)}
        if self._session is not None:
            message["sessionId"] = self._session
        await self._socket.send(json.dumps(message))
        said = await asyncio.wait_for(answer, WAIT_SECONDS + 10)
        assert "error" not in said, said["error"]
        result = said["result"]
        assert isinstance(result, dict)
        return result


@asynccontextmanager
async def open_page(folder: Path) -> AsyncIterator[Page]:
    """A tab of a browser of its own with an empty profile in `folder`; both end with the context."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program is not None, "chromium is needed for this test: apt-get install chromium"
    process = await asyncio.create_subprocess_exec(
        program,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    reading = asyncio.create_task(_read(process.stderr, address))
    try:
        await asyncio.wait_for(address, START_SECONDS)
        async with connect(address.result(), max_size=None) as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            try:
                await page.attach()
                yield page
            finally:
                listening.cancel()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        reading.cancel()


async def _read(stream: asyncio.StreamReader, address: asyncio.Future[str]) -> None:
    """Take what the browser writes, so that it never waits for us, and find the DevTools address in it."""
    written: list[str] = []
    async for line in stream:
        written.append(line.decode(errors="replace").rstrip())
        _, announced, url = written[-1].partition("DevTools listening on ")
        if announced:
            address.set_result(url)
    if not address.done():
        address.set_exception(AssertionError("\n".join(["chromium ended:", *written])))


def _element(testid: str) -> str:
    return f"document.querySelector('[data-testid=\"{testid}\"]')"
