"""`lienthong messages override`, `cancel` and `restore`: what a person decides about one message."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import typer

from connector.adapters import audit, views
from connector.adapters.audit import Action
from connector.cli import filters
from connector.cli.acting import connector
from connector.cli.message_json import as_document
from connector.cli.operator import operator
from connector.cli.output import AsJson, write_json, write_line
from connector.replay.verbs import Done
from connector.wiring import Connector

MessageId = Annotated[UUID, typer.Argument(metavar="ID", help="Mã thông điệp / the message's UUID.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Lý do / why; it is written down.")]
Code = Annotated[
    str,
    typer.Option("--code", metavar="CODE", parser=filters.read_code, help="Mã kiểm tra / the check to override."),
]


def register(group: typer.Typer) -> None:
    for name, act in (("override", override), ("cancel", cancel), ("restore", restore)):
        group.command(name)(act)


def override(message_id: MessageId, code: Code, reason: Why, as_json: AsJson = False) -> None:
    """Bỏ qua lỗi O / send although an overridable check failed. Other blocking findings still keep the message."""
    _act(
        message_id,
        Action.OVERRIDE,
        reason,
        as_json,
        lambda parts: parts.verbs.override(message_id, code, by=operator(), reason=reason),
        code,
    )


def cancel(message_id: MessageId, reason: Why, as_json: AsJson = False) -> None:
    """Hủy / give a message up. It is not sent, and keeps nothing back; `restore` takes that back."""
    _act(
        message_id,
        Action.CANCEL,
        reason,
        as_json,
        lambda parts: parts.verbs.cancel(message_id, by=operator(), reason=reason),
    )


def restore(message_id: MessageId, reason: Why, as_json: AsJson = False) -> None:
    """Khôi phục / take giving up back: the message is decided anew, by today's rules."""
    _act(
        message_id,
        Action.RESTORE,
        reason,
        as_json,
        lambda parts: parts.verbs.restore(message_id, by=operator(), reason=reason),
    )


def _act(
    message_id: UUID,
    action: Action,
    reason: str,
    as_json: bool,
    act: Callable[[Connector], Done],
    code: str | None = None,
) -> None:
    with connector() as parts:
        done = act(parts)
        with parts.engine.begin() as db:
            audit.record(
                db,
                action,
                at=parts.now(),
                who=operator(),
                reason=reason,
                message_id=message_id,
                details={"code": code} if code else None,
            )
            life = views.life(db, message_id)
    if as_json and life is not None:
        write_json(as_document(life.message))
        return
    waits = f" (chờ / waits for: {done.hold})" if done.hold else ""
    write_line(f"{message_id}: {done.state}{waits}")
