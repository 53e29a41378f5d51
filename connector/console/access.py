"""Who comes in: every route says with `needs(…)` or `anybody()` whom it is for, and a test holds that none forgets.

A refusal is written down. So is whatever an allowed person does (every request that may change something, and every
look at the audit or for a person), before it happens.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from connector.adapters import audit, sessions
from connector.adapters.accounts import Account
from connector.adapters.audit import Action
from connector.console import cookies, texts
from connector.console.rendering import language_of, render
from connector.console.texts import Language
from connector.domain.rights import Right, may, may_at
from connector.wiring import Connector

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
ALWAYS_RECORDED: Final = frozenset({Right.REVEAL, Right.SEARCH_PERSON, Right.READ_AUDIT})


class LogInFirst(Exception):
    """Nobody is logged in, or no more."""


class Denied(Exception):
    """The person may not do this, here or at all. It is written down already."""


class ForeignForm(Exception):
    """An unsafe request that did not come from a page of ours, or from one that is too old."""


class ReasonMissing(Exception):
    """An act that needs a reason came without."""


@dataclass
class Guest:
    """One request of anybody: what its handler works with."""

    request: Request
    at: datetime

    @property
    def connector(self) -> Connector:
        found: Connector = self.request.app.state.connector
        return found

    @contextmanager
    def db(self) -> Iterator[Connection]:
        """One transaction, committed at the end of the block."""
        with self.connector.engine.begin() as db:
            yield db

    @property
    def language(self) -> Language:
        """The reader's."""
        return language_of(self.request)

    def t(self, key: str, **values: object) -> str:
        """A text in the reader's language."""
        return texts.say(language_of(self.request), key, **values)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The answer: a page from `templates/`."""
        return render(self.request, template, status, at=self.at, **values)

    def see_other(self, path: str) -> Response:
        """The answer after something was done: go and look there, so that a reload does nothing twice."""
        if "hx-request" in self.request.headers:
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


@dataclass
class Visit(Guest):
    """One request of a person who has the route's right."""

    account: Account
    right: Right
    written_down: bool = field(default=False)

    def may(self, right: Right) -> bool:
        return may(self.account.holder, right)

    def may_at(self, right: Right, area: str | None) -> bool:
        return may_at(self.account.holder, right, area)

    @property
    def areas(self) -> frozenset[str] | None:
        """The only areas whose messages may be shown; None: all, and what lies in none."""
        return self.account.holder.areas or None

    def act(
        self,
        area: str | None,
        *,
        reason: str = "",
        message_id: UUID | None = None,
        target: str = "",
        details: Mapping[str, Any] | None = None,
        action: Action | None = None,
    ) -> None:
        """Before something is done or shown in an area: checks that this person may do so there, and writes it down,
        allowed or not. Raises Denied."""
        allowed = self.may_at(self.right, area)
        self._write(action, allowed, reason=reason, message_id=message_id, target=target, details=details)
        if not allowed:
            raise Denied

    def act_everywhere(self, *, reason: str = "", target: str = "", details: Mapping[str, Any] | None = None) -> None:
        """The same for what concerns no area."""
        self._write(None, True, reason=reason, target=target, details=details)

    def _write(self, action: Action | None, allowed: bool, **about: Any) -> None:
        with self.db() as db:
            audit.record(db, action or Action(self.right), at=self.at, who=self.account.name, allowed=allowed, **about)
        self.written_down = True


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a posted form, read once however many ask for it; of several of one name the last."""
    if request.method in SAFE_METHODS:
        return {}
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Form = Annotated[Mapping[str, str], Depends(read_form)]


class Anybody:
    """A route for whoever comes: no data behind it."""

    def __call__(self, request: Request) -> Guest:
        return Guest(request, _now(request))


class Needs:
    """A route for a person who has this right.

    `by_area`: the handler calls `visit.act(area, …)` before it does anything; otherwise what the request does is
    written down here. `reason`: the form has to have one. `by_itself`: an open page asks for it again and again; that
    is no sign that anybody still sits there.
    """

    def __init__(self, right: Right, *, by_area: bool = False, reason: bool = False, by_itself: bool = False) -> None:
        self.right, self.by_area, self.reason = right, by_area, reason or right is Right.REVEAL
        self.by_itself = by_itself

    def __call__(self, request: Request, form: Form) -> Iterator[Visit]:
        at = _now(request)
        account = _logged_in(request, at, used=not self.by_itself)
        visit = Visit(request, at, account, self.right)
        target = getattr(request.scope.get("route"), "path", "")
        if not visit.may(self.right):
            visit._write(None, False, target=target)
            raise Denied
        acts = request.method not in SAFE_METHODS or self.right in ALWAYS_RECORDED
        reason = form.get("reason", "")
        if acts and self.reason and not reason.strip():
            raise ReasonMissing
        if acts and not self.by_area:
            visit._write(None, True, target=target, reason=reason)
        yield visit
        if acts and not visit.written_down:
            raise AssertionError(f"{request.method} {target} did not call visit.act()")


def needs(right: Right, *, by_area: bool = False, reason: bool = False, by_itself: bool = False) -> Any:
    """For `Annotated[Visit, needs(Right.VIEW)]` in a handler's parameters."""
    return Depends(Needs(right, by_area=by_area, reason=reason, by_itself=by_itself))


def anybody() -> Any:
    """For `Annotated[Guest, anybody()]` in a handler's parameters."""
    return Depends(Anybody())


async def only_our_forms(request: Request, form: Form) -> None:
    """For the whole app: what may change something comes from a page of ours, in this browser. Raises ForeignForm."""
    if request.method in SAFE_METHODS:
        return
    if any("\0" in value for value in form.values()):
        raise HTTPException(422)
    ours = cookies.address_of(request).origin(request.headers.get("host", ""))
    if request.headers.get("origin", ours).lower() != ours.lower():
        raise ForeignForm
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForeignForm
    token = request.headers.get("x-csrf-token") or form.get("csrf", "")
    if not cookies.is_our_form(request, token):
        raise ForeignForm


def _now(request: Request) -> datetime:
    now: Callable[[], datetime] = request.app.state.connector.now
    return now()


def _logged_in(request: Request, at: datetime, *, used: bool) -> Account:
    secret = cookies.read(request, "session")
    if secret is None:
        raise LogInFirst
    connector: Connector = request.app.state.connector
    with connector.engine.begin() as db:
        found = sessions.find(db, secret, at=at, idle=connector.settings.session_idle, used=used)
    if found is None:
        raise LogInFirst
    request.state.account = found
    return found
