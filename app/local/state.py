"""What a local start keeps between commands: a private folder, the record of its processes, and a lock around both."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from app.local.failures import LocalFailure
from app.local.processes import Process

_VERSION = 1


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can enter (mode 700), also where it was there with other rights."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (mode 600), whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


class State:
    """The record of what was started, `state.json` (mode 600) in the folder of a local start."""

    def __init__(self, folder: Path) -> None:
        """Work in `folder`, which is made (mode 700) if it is not there."""
        self.folder = private_folder(folder)
        self.path = folder / "state.json"

    def processes(self) -> dict[str, Process]:
        """Every recorded process by its name, in the order they were started; whether it lives is not asked here.

        Raises LocalFailure where the file cannot be understood.
        """
        return {process.name: process for process, _ in self._read()}

    def basis(self, name: str) -> str | None:
        """What a process was recorded to be started from; None if nothing was recorded."""
        return next((basis for process, basis in self._read() if process.name == name), None)

    def record(self, process: Process, *, basis: str | None = None) -> None:
        """Add a process, in place of an earlier one of the same name. `basis` stands for what it was started from."""
        others = [entry for entry in self._read() if entry[0].name != process.name]
        self._write([*others, (process, basis)])

    def forget(self, name: str) -> None:
        """Remove a process from the record; one that is not there is no error."""
        known = self._read()
        others = [entry for entry in known if entry[0].name != name]
        if others != known:
            self._write(others)

    def _read(self) -> list[tuple[Process, str | None]]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            if content["version"] != _VERSION:
                raise ValueError(f"its version is {content['version']}, not {_VERSION}")
            return [(Process(**entry["process"]), entry["basis"]) for entry in content["processes"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LocalFailure(
                f"{self.path} cannot be understood ({error}). It says what was started here; if nothing of it runs any "
                "more, delete the file and try again."
            ) from error

    def _write(self, entries: list[tuple[Process, str | None]]) -> None:
        listed = [{"process": asdict(process), "basis": basis} for process, basis in entries]
        write_private(self.path, json.dumps({"version": _VERSION, "processes": listed}, indent=2) + "\n")

    @contextlib.contextmanager
    def locked(self, seconds: float, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold this folder alone. While somebody else does, say who (once) and wait up to `seconds`.

        The system frees the lock when its owner ends, however it ends. Raises LocalFailure when the time has passed.
        """
        path = self.folder / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + seconds
            said = False
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    owner = path.read_text(encoding="utf-8").strip() or "unknown"
                    if time.monotonic() >= deadline:
                        raise LocalFailure(
                            f"another command (process {owner}) is still at work in {self.folder}; try again later"
                        ) from None
                    if not said:
                        waiting(f"another command (process {owner}) is at work in {self.folder}: waiting for it")
                        said = True
                    time.sleep(0.2)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)
