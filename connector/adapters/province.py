"""The province's client: its services, and the one table that says what its answers mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from connector.adapters.rawjson import NotJson, as_utf8, items, split_off, written
from connector.adapters.transport import Answer, Transport, unreachable_status
from connector.domain.errors import (
    TOO_LARGE,
    Conflict,
    CursorLost,
    DeliveryError,
    Garbled,
    NotYet,
    OutOfStep,
    Refused,
    Unreachable,
)
from schemas import province as forms
from schemas.values import clean_code

# Its contract allows 200 characters; what does not fit into the address of a call could never be asked for.
_LONGEST_CURSOR: Final = 1000
_SALVAGED_CURSOR: Final = re.compile(
    rb'"%s"\s*:\s*"((?:[^"\\\x00-\x1f]|\\["\\/]){0,%d})"' % (forms.EventPage.member("cursor").encode(), _LONGEST_CURSOR)
)

# error_code, contracts/province.openapi.yaml. A code not listed is Refused: better a person than a guess.
MEANINGS: Final[dict[str, tuple[type[DeliveryError], str]]] = {
    "CONFLICT": (Conflict, "CONFLICT: the province has another content under this key"),
    "STATE": (OutOfStep, "STATE: the dossier's present status at the province does not allow it"),
    # Its replicas lag up to a minute, so it may be there on the next try. The price: a dossier that is really unknown
    # is found out only when the schedule is spent.
    "NOTFOUND": (NotYet, "NOTFOUND: the dossier is not at the province, or not yet"),
    "INVALID": (Refused, "INVALID: the content breaks the province's contract"),
    "BUSY": (Unreachable, "BUSY: the province is busy"),
}
DONE: Final = "0"
ALREADY: Final = "DUP"


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events as received, one JSON text each; the cursor to go on with, and whether more can be read now."""

    events: tuple[bytes, ...] = field(repr=False)
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """The province has it. `repeated` says that it had it before this call."""

    repeated: bool
    http_status: int = 200


class Province:
    """Calls to the province's system. Every method raises DeliveryError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def events(self, cursor: str | None, size: int) -> EventPage:
        """A page of the feed. Raises CursorLost when the cursor is unknown, Garbled when the page cannot be read."""
        params: dict[str, str | int] = {forms.FEED_SIZE: size}
        if cursor is not None:
            params[forms.FEED_CURSOR] = cursor
        answer = self._transport.read("GET", forms.FEED, params=params)
        if answer.http_status == 410:
            raise CursorLost
        raw = as_utf8(_body(answer))
        try:
            rest, events = split_off(raw, forms.EventPage.member("events"))
            page, _ = forms.EventPage.read(rest)
            if page is None or page.cursor is None or page.more is None or events is None:
                raise NotJson
            if "\x00" in page.cursor or len(page.cursor) > _LONGEST_CURSOR:
                raise NotJson
            return EventPage(tuple(items(events)), page.cursor, page.more)
        except NotJson:
            raise Garbled("PAGE_GARBLED", "the page of the feed cannot be read", http_status=200, body=raw) from None

    def status(self, dossier_code: str) -> int | None:
        """The status that a dossier has at the province now; None when that cannot be read."""
        answer = self._transport.read("GET", forms.DOSSIER.format(code=quote(dossier_code, safe="")))
        dossier, _ = forms.Dossier.read(as_utf8(_body(answer)))
        return dossier.status if dossier else None

    def dossier(self, dossier_code: str) -> bytes:
        """A dossier in its newest version, as received. Raises Garbled when it is not that dossier."""
        raw = _body(self._transport.read("GET", forms.DOSSIER.format(code=quote(dossier_code, safe=""))))
        raw = as_utf8(raw)
        dossier, _ = forms.Dossier.read(raw)
        if dossier is None or clean_code(dossier.code or "") != dossier_code:
            raise Garbled("ANSWER_GARBLED", "the answer is not the dossier that was asked for", http_status=200)
        return raw

    def file(self, file_id: str, limit: int) -> bytes | None:
        """The bytes of one attached file; None when the province has no such file. `limit` bytes at the most are
        useful."""
        answer = self._transport.read("GET", forms.FILE.format(file_id=quote(file_id, safe="")), limit=limit + 1)
        if answer.http_status in (404, 410):
            return None
        if answer.cut and answer.http_status == 200:
            return answer.body[: limit + 1]  # larger than announced: what is left of it is not what was announced
        return _body(answer)[: limit + 1]

    def tell(self, items_: Sequence[forms.Progress]) -> list[Taken | DeliveryError]:
        """`tien-do`: up to 100 items in one call, each with an answer of its own. Safe to repeat: `MaSuKien` is the
        key."""
        answer = self._transport.send(
            "POST", forms.PROGRESS, json_body=written(forms.ProgressBatch(items=list(items_)).to_wire())
        )
        if answer.http_status != 200:
            raise _failed(answer)
        told, _ = forms.ProgressAnswer.read(as_utf8(answer.body))
        answers = {item.key: item for item in (told.items if told else None) or () if item.key}
        if told is None or told.items is None:
            raise Garbled("ANSWER_GARBLED", "the answer has no list of items", http_status=200, body=answer.body)
        return [_outcome(answers.get(item.key or "")) for item in items_]

    def store_result(self, dossier_code: str, result: forms.Result) -> Taken:
        """`ket-qua`. Safe to repeat: the same fingerprint is answered as a duplicate."""
        return self._put(forms.RESULT.format(code=quote(dossier_code, safe="")), result.to_wire())

    def store_entry(self, entry: str, version: int, form: forms.RegisterEntry) -> Taken:
        """`so-ho-tich/{id}/phien-ban/{n}`. Safe to repeat: entry and version are the key."""
        return self._put(forms.REGISTER_ENTRY.format(entry=quote(entry, safe=""), version=version), form.to_wire())

    def check_access(self) -> None:
        """Whether the province is there and knows us."""
        self._transport.check_access()

    def _put(self, path: str, form: dict[str, Any]) -> Taken:
        answer = self._transport.send("PUT", path, json_body=written(form))
        if answer.http_status != 200:
            raise _failed(answer)
        told, _ = forms.Answer.read(as_utf8(answer.body))
        if told is None or told.code is None:
            raise Garbled("ANSWER_GARBLED", "the answer says no error_code", http_status=200, body=answer.body)
        outcome = _outcome(told)
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome


def salvaged_cursor(page: bytes) -> str | None:
    """The cursor of a page that cannot be read as a whole: its last mention, or None."""
    found = _SALVAGED_CURSOR.findall(page)
    return found[-1].decode(errors="replace").replace("\\/", "/") if found else None


def _outcome(told: forms.Answer | None) -> Taken | DeliveryError:
    if told is None or told.code is None:
        return Unreachable("UNANSWERED", "the province did not answer for this item", http_status=200, maybe_done=True)
    if told.code in (DONE, ALREADY):
        return Taken(repeated=told.code == ALREADY)
    kind, text = MEANINGS.get(told.code, (Refused, "the province refused with a code that nobody agreed on"))
    return kind(told.code, text + _places(told), http_status=200)


def _places(told: forms.Answer) -> str:
    """Where the province found fault: pointers into our own form, no values."""
    pointers = [place.pointer for place in told.places or () if place.pointer and len(place.pointer) <= 120]
    return f" ({', '.join(pointers[:10])})" if pointers else ""


def _failed(answer: Answer) -> DeliveryError:
    """The error of an answer that is not 200: the service's own word where it gave one, else the gateway's."""
    told, _ = forms.Answer.read(as_utf8(answer.body)) if answer.http_status in (404, 409, 422, 503) else (None, ())
    if told is not None and told.code in MEANINGS:
        kind, text = MEANINGS[told.code]
        return kind(told.code, text + _places(told), http_status=answer.http_status, asked=answer.asked)
    if answer.http_status == 413:
        return Refused("HTTP_413", "the content is too large for the province", http_status=413)
    return unreachable_status(answer)


def _body(answer: Answer) -> bytes:
    if answer.http_status != 200:
        raise _failed(answer)
    if answer.cut:
        raise Garbled(TOO_LARGE, "the answer is larger than what is taken in", http_status=200, body=answer.body)
    return answer.body
