"""Logs, metrics and the request id that joins them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from functools import lru_cache
from typing import Literal, TextIO

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET_WORDS = ("password", "token", "secret", "authorization", "signing_key", "credential")
REDACTED = "[redacted]"


def _redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    _redact(event)
    return event


@lru_cache(1024)
def _is_secret(key: str) -> bool:
    return any(word in key.lower() for word in _SECRET_WORDS)


def _redact(values: MutableMapping[str, object]) -> None:
    for key, value in values.items():
        if _is_secret(key):
            values[key] = REDACTED
        elif isinstance(value, dict):
            values[key] = copied = dict(value)
            _redact(copied)


def _json(event: EventDict, *, default: Callable[[object], object]) -> str:
    try:
        return orjson.dumps(event, default=default, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # A number beyond 64 bits, half a surrogate pair: a log line is written all the same.
        return json.dumps(event, default=default)


class _Lines:
    """Writes lines that are finished to a handler's stream, without making a record of each."""

    def __init__(self, handler: logging.StreamHandler[TextIO], name: str) -> None:
        self.name = name
        self._handler = handler

    def info(self, line: str) -> None:
        """Write one line."""
        handler = self._handler
        handler.acquire()
        try:
            # Nobody can be told that nobody listens.
            with suppress(OSError, ValueError):
                handler.stream.write(line + handler.terminator)
                handler.flush()
        finally:
            handler.release()

    debug = warning = error = critical = exception = info


def configure_logs(*, form: Literal["json", "pretty"], level: str, service: str) -> None:
    """Send all logs of this process, ours and the libraries', to standard error in one form.

    Every line carries time, level, logger, `service` and whatever context is bound (request id, run id). Values under
    names that sound like secrets are replaced.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _redacted,
    ]
    ending: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
        if form == "json"
        # Not the renderer's own tracebacks: they show the locals of every frame, and a password is one of them.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    if form == "json":
        # Ours are most of the lines: they are written as they are, and only the libraries' become records.
        level_number = logging.getLevelNamesMapping()[level.upper()]
        structlog.configure(
            processors=[*(each for each in shared if not isinstance(each, structlog.stdlib.ExtraAdder)), *ending],
            wrapper_class=structlog.make_filtering_bound_logger(level_number),
            logger_factory=lambda name="": _Lines(handler, name),
            cache_logger_on_first_use=True,
        )
    else:
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                *shared,
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            cache_logger_on_first_use=True,
        )
    # No line says from where in the code it came, and looking that up is a third of its cost.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "arq.worker", "neo4j"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("neo4j").setLevel("WARNING")
    structlog.contextvars.bind_contextvars(service=service)


class Metrics:
    """What this process counts, in a registry of its own; the graph's observer is one of its parts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "trellis_http_requests_total", "HTTP requests.", ("route", "method", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "trellis_http_request_seconds", "Time to answer an HTTP request.", ("route",), registry=self.registry
        )
        self.statement_seconds = Histogram(
            "trellis_statement_seconds",
            "Time a statement took on the graph.",
            ("statement",),
            registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )
        self.statement_rows = Counter(
            "trellis_statement_rows_total", "Rows that statements returned.", ("statement",), registry=self.registry
        )
        self.statement_failures = Counter(
            "trellis_statement_failures_total", "Statements that failed.", ("statement",), registry=self.registry
        )
        self.loop_busy = Histogram(
            "trellis_event_loop_busy_seconds",
            "Processor time of the event loop between two ticks 20 ms apart: what everybody else waited for.",
            registry=self.registry,
            buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5),
        )
        self.subscribers = Gauge("trellis_event_subscribers", "Live event subscriptions.", registry=self.registry)
        self.responses = Counter(
            "trellis_response_cache_total",
            "Large queries looked for among the answers that are kept.",
            ("outcome",),
            registry=self.registry,
        )

    def response_cache_asked(self, *, hit: bool) -> None:
        """Count one look into the kept answers; the response cache calls this."""
        self.responses.labels("hit" if hit else "miss").inc()

    def statement_done(self, name: str, *, seconds: float, rows: int, failed: bool) -> None:
        """Count one statement; the graph calls this."""
        self.statement_seconds.labels(name).observe(seconds)
        self.statement_rows.labels(name).inc(rows)
        if failed:
            self.statement_failures.labels(name).inc()
