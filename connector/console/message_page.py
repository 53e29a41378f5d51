"""The answer that shows one message, to whoever may see it."""

from secrets import token_hex
from uuid import UUID

from fastapi import Response
from starlette.exceptions import HTTPException

from connector.console import message_view
from connector.console.access import Visit
from connector.console.message_view import MessageView
from connector.domain.rights import Right


def answer(
    visit: Visit, message_id: UUID, *, said: str = "", opened: str = "", fault: str = "", status: int = 200
) -> Response:
    """The page of a message; `fault` says why what was asked for did not happen. Raises as `seen`."""
    view = seen(visit, message_id)
    about = {"view": view, "said": said, "opened": opened, "fault": fault, "click": token_hex(8)}
    return visit.page("message.html", status, **about, here=f"/messages/{message_id}")


def seen(visit: Visit, message_id: UUID) -> MessageView:
    """The message, if this person may see it. Raises HTTPException 404 when there is none, and Denied."""
    with visit.db() as db:
        view = message_view.look(db, message_id, may=visit.may_at)
    if view is None:
        raise HTTPException(404)
    if not visit.may_at(Right.VIEW, view.life.message.area):
        visit.act(view.life.message.area, message_id=message_id)  # writes the refusal down, and raises
    return message_view.with_reasons(view, visit.connector.verbs.possible(message_id), visit.language)
