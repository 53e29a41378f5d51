"""The JSON of a message (contract operating.md, "JSON of the commands")."""

import base64
import hashlib
from typing import Any

from pydantic_core import from_json

from connector.adapters.views import Life, MessageView
from connector.cli.output import instant
from connector.domain.masking import masked


def as_document(message: MessageView) -> dict[str, Any]:
    """A message of `messages list`."""
    return {
        "id": str(message.message_id),
        "route": message.route,
        "procedure": message.procedure,
        "subject": message.subject,
        "version": message.version,
        "area": message.area,
        "state": message.state,
        "waits_for": message.waits_for,
        "due_at": instant(message.due_at),
        "attempts": message.attempts,
        "last_error": {"code": message.last_code, "text": message.last_text} if message.last_code else None,
        "findings": [finding.model_dump(mode="json") for finding in message.findings],
        "rule": message.rule,
        "created_at": instant(message.created_at),
        "updated_at": instant(message.updated_at),
        "delivered_at": instant(message.delivered_at),
    }


def life_as_document(life: Life, *, reveal: bool) -> dict[str, Any]:
    """A message of `messages show`; `content` is masked, unless it is to be revealed, and null once it was purged."""
    return {
        **as_document(life.message),
        "history": [
            {"at": instant(s.at), "from": s.was, "move": s.move, "to": s.became, "by": s.by, "why": s.why}
            for s in life.history
        ],
        "tries": [
            {
                "at": instant(t.at),
                "outcome": t.outcome,
                "http_status": t.http_status,
                "code": t.code,
                "duration_ms": t.duration_ms,
                "worker": t.worker,
            }
            for t in life.tries
        ],
        "content": None if life.body is None else _revealed(life.body) if reveal else masked(life.body),
    }


def _revealed(body: bytes) -> Any:
    """The body as JSON; one that is none with its size, its SHA-256 and its bytes in base64."""
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="none")
    except ValueError:
        digest = hashlib.sha256(body).hexdigest()
        return {"bytes": len(body), "sha256": digest, "base64": base64.b64encode(body).decode()}
