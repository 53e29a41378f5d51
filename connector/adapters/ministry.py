"""The ministry's client: its services, and the one table that says what its answers mean."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connector.adapters.rawjson import NotJson, as_utf8, items, split_off, written
from connector.adapters.transport import Answer, Transport, unreachable_status
from connector.domain.errors import (
    TOO_LARGE,
    Conflict,
    DeliveryError,
    Garbled,
    NotExpectedNow,
    NotYet,
    Refused,
    SilentlyThere,
    Unauthorised,
    Unreachable,
)
from connector.domain.units import province_code
from schemas import ministry as forms
from schemas.reading import Form
from schemas.values import VIETNAM, Procedure, parse_instant

ALREADY_RECEIVED: Final = "110"
_LONGEST_CODE: Final = 50

# errorCode, contracts/ministry.openapi.yaml, Envelope. A code not listed is Refused: better a person than a guess.
MEANINGS: Final[dict[str, tuple[type[DeliveryError], str]]] = {
    "100": (Unauthorised, "AUTHEN_ERROR: the ministry does not accept our authentication"),
    "101": (Unauthorised, "IP_DISALLOWED: the ministry does not allow our address"),
    "106": (Refused, "AGENCY_ID_INCORRECT: the ministry does not know the registration office"),
    "108": (Refused, "PROVINCE_ID_INCORRECT: the ministry does not accept the province's code"),
    "110": (Conflict, "ALREADY_RECEIVED: the ministry has another content under this key"),
    "111": (NotExpectedNow, "NOT_EXPECTED_NOW: the dossier's state at the ministry does not allow it"),
    "200": (NotYet, "RECORD_UNCOMPLETE: not ready yet"),
    "201": (Refused, "RECORD_NOT_FOUND: the ministry does not know the dossier"),
    "302": (Refused, "DATA_TYPE_INVALID: the ministry rejects the type of the data"),
    "500": (Refused, "DATA_INCORRECT: the ministry rejects the content"),
    "503": (Unreachable, "SYSTEM_BUSY: the ministry is busy"),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """The ministry has the submission. `repeated` says that it had it before this call."""

    ministry_code: str | None
    received_at: datetime | None
    repeated: bool
    http_status: int = 200
    value: Any = field(default=None, repr=False)


class Ministry:
    """Calls to the ministry's gateway. Every method raises DeliveryError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def submit(self, submission: forms.Submission, fingerprint: str) -> Receipt:
        """`nhanHoSoDKHT`. Safe to repeat: the ministry keeps (dossier code, lanGui) and answers 110 with what it
        stores.

        `fingerprint` is that of `submission.data`. Raises SilentlyThere when the ministry sends none back.
        """
        envelope, http_status = self._send(forms.SUBMIT, submission.to_wire())
        receipt, _ = forms.SubmissionReceipt.read_value(envelope.value)
        ours = Receipt(
            _kept_code(receipt.ministry_code) if receipt else None,
            _instant(receipt.received_at) if receipt else None,
            repeated=not envelope.done,
            http_status=http_status,
        )
        if envelope.done:
            return ours
        if envelope.code == ALREADY_RECEIVED:
            stored = receipt.fingerprint if receipt else None
            if stored == fingerprint:
                return ours
            if stored is None:
                raise SilentlyThere(ALREADY_RECEIVED, MEANINGS[ALREADY_RECEIVED][1], http_status=http_status)
        raise _meant(envelope, http_status)

    def withdraw(self, withdrawal: forms.Withdrawal) -> None:
        """`rutHoSo`. Safe to repeat: a withdrawn dossier is answered as done again."""
        envelope, http_status = self._send(forms.WITHDRAW, withdrawal.to_wire())
        if not envelope.done:
            raise _meant(envelope, http_status)

    def states(self, procedure: Procedure, codes: Sequence[str], on: datetime) -> list[bytes]:
        """`layKetQua`: the present states as received, one JSON text each, of at most 50 dossiers."""
        question = forms.StateQuestion(
            province=province_code(on.astimezone(VIETNAM).date()),
            module=forms.MODULES[procedure],
            dossier_codes=list(codes),
        )
        return self._list(forms.STATES, question)

    def states_apart(
        self, procedure: Procedure, codes: Sequence[str], on: datetime
    ) -> Iterator[tuple[Sequence[str], list[bytes] | Garbled]]:
        """`states`, in halves of halves where an answer cannot be read, so that one dossier spoils no other's answer.
        Each part of the codes with its states; a code whose answer cannot be read even alone with that error."""
        answered: list[bytes] | Garbled
        try:
            answered = self.states(procedure, codes, on)
        except Garbled as error:
            if len(codes) > 1:
                middle = len(codes) // 2
                yield from self.states_apart(procedure, codes[:middle], on)
                yield from self.states_apart(procedure, codes[middle:], on)
                return
            answered = error
        yield codes, answered

    def entries(
        self, procedure: Procedure, since: datetime, until: datetime, page: int, size: int, on: datetime
    ) -> tuple[int, list[bytes]]:
        """`dsHoSoDangKy`: the total, and the heads of the register entries that changed in [since, until)."""
        question = forms.EntryQuestion(
            province=province_code(on.astimezone(VIETNAM).date()),
            register_kind=forms.REGISTERS[procedure],
            since=since.astimezone(VIETNAM).strftime(forms.INSTANT_FORMAT),
            until=until.astimezone(VIETNAM).strftime(forms.INSTANT_FORMAT),
            page=page,
            size=size,
        )
        raw = self._read_value(forms.ENTRIES, question)
        rest, heads = split_off(raw, forms.EntryPage.member("entries"))
        page_form, _ = forms.EntryPage.read(rest)
        if page_form is None or page_form.total is None or heads is None:
            raise Garbled("ANSWER_GARBLED", "the list of entries is not what was agreed", body=raw)
        return page_form.total, items(heads)

    def full_entries(self, procedure: Procedure, ids: Sequence[int], on: datetime) -> list[bytes]:
        """`traDanhSachHoSo`: at most 100 register entries in full, as received."""
        question = forms.FullEntryQuestion(
            province=province_code(on.astimezone(VIETNAM).date()),
            register_kind=forms.REGISTERS[procedure],
            ids=list(ids),
        )
        return self._list(forms.FULL_ENTRIES, question)

    def check_access(self) -> None:
        """Whether the ministry is there and knows us."""
        self._transport.check_access()

    def _send(self, service: str, form: dict[str, Any]) -> tuple[forms.Envelope, int]:
        answer = self._transport.send("POST", service, json_body=written(form))
        raw = _body(answer)
        envelope, _ = forms.Envelope.read(raw)
        if envelope is None or envelope.status is None:
            raise Garbled("ANSWER_GARBLED", "the answer is no envelope", http_status=answer.http_status, body=raw)
        self._look_for_refusal(envelope)
        return envelope, answer.http_status

    def _read_value(self, service: str, question: Form) -> bytes:
        """The still unread `value` of a service that only reads: it may be large, and its items are kept as
        received."""
        answer = self._transport.read("POST", service, json_body=written(question.to_wire()))
        raw = _body(answer)
        try:
            rest, value = split_off(raw, forms.Envelope.member("value"))
        except NotJson:
            raise Garbled("ANSWER_GARBLED", "the answer is no JSON", http_status=answer.http_status, body=raw) from None
        envelope, _ = forms.Envelope.read(rest)
        if envelope is None or envelope.status is None:
            raise Garbled("ANSWER_GARBLED", "the answer is no envelope", http_status=answer.http_status, body=raw)
        if not envelope.done:
            self._look_for_refusal(envelope)
            raise _meant(envelope, answer.http_status)
        return value or b"null"

    def _look_for_refusal(self, envelope: forms.Envelope) -> None:
        """A token that the gateway lets through and the services do not accept is used no more."""
        if not envelope.done and MEANINGS.get(envelope.code or "", (None,))[0] is Unauthorised:
            self._transport.distrust()

    def _list(self, service: str, question: Form) -> list[bytes]:
        raw = self._read_value(service, question)
        try:
            return items(raw)
        except NotJson:
            raise Garbled("ANSWER_GARBLED", "the answer holds no list", body=raw) from None


def _body(answer: Answer) -> bytes:
    """The body of a service that ran; else the error of the gateway in front of it."""
    if answer.http_status == 200 and not answer.cut:
        return as_utf8(answer.body)
    if answer.http_status == 200:
        raise Garbled(TOO_LARGE, "the answer is larger than what is taken in", http_status=200, body=answer.body)
    if answer.http_status == 413:
        raise Refused("HTTP_413", "the submission is too large for the ministry's gateway", http_status=413)
    raise unreachable_status(answer)


def _meant(envelope: forms.Envelope, http_status: int) -> DeliveryError:
    code = envelope.code or "UNSAID"
    kind, text = MEANINGS.get(code, (Refused, "the ministry refused with a code that nobody agreed on"))
    if kind is Unreachable:
        return Unreachable(code, text, http_status=http_status)
    return kind(code, text, http_status=http_status)


def _kept_code(text: str | None) -> str | None:
    """The ministry's code of a dossier, unless it cannot be stored; its contract allows 50 characters."""
    return text if text and len(text) <= _LONGEST_CODE and text.isprintable() else None


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_instant(text, forms.INSTANT_FORMAT) if text else None
    except ValueError:
        return None
