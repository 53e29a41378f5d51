"""The audit, read: who did or saw what. That somebody read it is a line of its own."""

from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response

from connector.adapters import audit_reading
from connector.adapters.audit import Action
from connector.adapters.audit_reading import Wanted
from connector.console.access import Visit, needs
from connector.domain.rights import Right
from schemas.values import VIETNAM

PAGE: Final = 100
router: Final = APIRouter()

Reader = Annotated[Visit, needs(Right.READ_AUDIT)]
Text = Annotated[str, Query(max_length=200)]
Before = Annotated[int | None, Query(ge=1, le=2**62)]


@router.get("/audit")
def trail(
    visit: Reader,
    who: Text = "",
    action: Text = "",
    message: Text = "",
    refused: bool = False,
    since: Text = "",
    until: Text = "",
    before: Before = None,
) -> Response:
    """Newest first. A field that cannot be read does not narrow, and is said."""
    written = {"who": who, "action": action, "message": message, "since": since, "until": until}
    written = {name: value.strip() for name, value in written.items() if value.strip()}
    faults: set[str] = set()
    wanted = Wanted(
        written.get("who"),
        _one_of_ours(written.get("action"), faults),
        _message(written.get("message"), faults),
        False if refused else None,
        _moment(written.get("since"), "since", faults),
        _moment(written.get("until"), "until", faults),
    )
    with visit.db() as db:
        lines = audit_reading.page(db, wanted, limit=PAGE + 1, before=before)
        head = audit_reading.read_head(db)
    query = urlencode(written | ({"refused": "true"} if refused else {}))
    return visit.page(
        "audit.html",
        lines=lines[:PAGE],
        older=lines[PAGE - 1].number if len(lines) > PAGE else None,
        query=query,
        head=head,
        written=written,
        refused=refused,
        faults=sorted(faults),
        actions=Action,
        known=set(Action),
    )


def _one_of_ours(text: str | None, faults: set[str]) -> Action | None:
    if text is not None and text not in set(Action):
        faults.add("action")
        return None
    return None if text is None else Action(text)


def _message(text: str | None, faults: set[str]) -> UUID | None:
    try:
        return None if text is None else UUID(text)
    except ValueError:
        faults.add("message")
        return None


def _moment(text: str | None, name: str, faults: set[str]) -> datetime | None:
    """A moment of Vietnam's time, as browsers write it."""
    try:
        moment = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        faults.add(name)
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=VIETNAM)


@router.post("/audit/verify")
def verify(visit: Annotated[Visit, needs(Right.READ_AUDIT)]) -> Response:
    """Seals every line anew: some seconds for a hundred thousand lines."""
    return visit.page("audit_verdict.html", verdict=audit_reading.verify(visit.connector.engine), here="/audit")
