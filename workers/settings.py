"""What a worker can be told; `workers/main.py` maps the process's settings to these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker works; all times in seconds.

    `concurrency`: runs at the same time (1..1000). `steps_per_target`: steps at work on one target at the same time
    (1..1000). `lease`: a worker silent for longer has lost its run (1..600). `attempts`: tries at a step whose target
    does not answer (1..100), within `retry_seconds` in all; the n-th wait is random up to `backoff` * 2^n, at most
    `longest_backoff`. After `breaker_failures` of them in a row on one target nothing begins there for `breaker_pause`,
    then one step tries. `longest_step`: no step's own deadline counts for more. `deadline_margin`: what a step may take
    beyond its own deadline before it is given up; `delete_deadline` is the deadline of deletes. `progress_interval`:
    progress of a step is written at most that often.
    `claims`: a run that was taken up more often than that is given up, because it ends whoever carries it out.
    `patience`: a run that waits longer is rung for again, looked for every `reaper_interval`. `drain`: how long runs
    may go on after SIGTERM before they are handed over. `poll`: how often the queue is looked at without a ring.
    """

    concurrency: int = 10
    steps_per_target: int = 10
    lease: float = 15.0
    attempts: int = 5
    claims: int = 100
    retry_seconds: float = 300.0
    backoff: float = 0.5
    longest_backoff: float = 30.0
    breaker_failures: int = 10
    breaker_pause: float = 10.0
    longest_step: float = 3600.0
    deadline_margin: float = 5.0
    delete_deadline: float = 300.0
    progress_interval: float = 1.0
    patience: float = 5.0
    reaper_interval: float = 1.0
    drain: float = 10.0
    poll: float = 1.0
