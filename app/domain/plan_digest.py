"""The digest of a plan: the same content, in whatever order it was found, has the same digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import orjson

from app.domain.plan_steps import Place, Step

DIGEST_FORMAT: Final = 2


def digest(place: Place, steps: Sequence[Step], *, approval_reasons: Sequence[str] = ()) -> str:
    """SHA-256 over the canonical JSON of what will be done, where, and why a person has to agree to it.

    It holds no ids or times of the plan itself.

    Secrets are masked in it as they are everywhere in a plan, so that nobody can try values against it.
    """
    content = {
        "format": DIGEST_FORMAT,
        "application": place.application_id,
        "environment": place.environment_id,
        "namespace": place.namespace,
        "provider": place.provider,
        "approval": approval_reasons,
        "steps": [
            {
                "key": step.key,
                "action": step.action.value,
                "kind": step.kind,
                "wave": step.wave,
                "version": step.version_id,
                "provider": step.provider,
                "previous_provider": step.previous_provider,
                "changes": [
                    [
                        one.field,
                        one.before,
                        one.after,
                        one.sensitive,
                        None if one.unknown is None else [one.unknown.origin, one.unknown.reason],
                    ]
                    for one in step.changes
                ],
                "requires": step.requires,
                "policy": step.policy,
                "path": step.path,
            }
            for step in steps
        ],
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
