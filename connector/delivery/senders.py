"""How each route is handed over: the stored body becomes the partner's form, and goes out. Bodies live here in memory
only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from connector.adapters.lanes import Unknown
from connector.adapters.ledger import Claimed
from connector.adapters.ministry import Ministry, Receipt
from connector.adapters.province import Province, Taken
from connector.adapters.rawjson import without
from connector.delivery.files import fetch
from connector.delivery.forms import DOSSIER, Form, Forms
from connector.delivery.room import Room
from connector.domain.aliases import AliasSource, no_aliases
from connector.domain.checks.results import read_result
from connector.domain.dossiers import Facts, entry_of
from connector.domain.errors import DeliveryError, Invalid, OutOfStep, SilentlyThere
from connector.domain.mapping import to_ministry, to_province, to_records
from connector.domain.mapping.to_records import MappingFailed
from connector.domain.message import Route
from connector.domain.statuses import path
from schemas import ministry as ministry_forms
from schemas import province as province_forms
from schemas import records
from schemas.findings import contract_finding
from schemas.reading import Fault, pointer
from schemas.values import clean, parse_instant

# Bytes of attached files that one process has in its hands at once.
ROOM_FOR_FILES: Final = 48 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The partner has it. What came back, as far as the dossier's facts need it."""

    repeated: bool = False
    http_status: int | None = 200
    ordinal: int | None = None
    sent: str | None = None
    ministry_code: str | None = None
    body: bytes = field(default=b"", repr=False)  # what progress that follows is made from


@dataclass(slots=True)
class Errand:
    """One message on its way out. What is learned before an error stays: `sent` and `ordinal` are kept with the
    attempt."""

    message: Claimed
    facts: Facts | None
    application: bytes | None = field(repr=False)
    unknown: tuple[Unknown, ...] = ()
    ordinal: int | None = None
    sent: str | None = None
    form: Form | None = field(default=None, repr=False)


Answer = Sent | DeliveryError


class Senders:
    """The five ways out. Each takes errands of one call and answers for each of them."""

    def __init__(
        self,
        ministry: Ministry,
        province: Province,
        *,
        now: Callable[[], datetime],
        aliases: AliasSource = no_aliases,
    ) -> None:
        self._forms = Forms(aliases)
        self._ministry = ministry
        self._province = province
        self._now = now
        self._room = Room(ROOM_FOR_FILES)
        self._ways: Mapping[Route, Callable[[Errand], Sent]] = {
            Route.APPLICATION: self._application,
            Route.WITHDRAWAL: self._withdrawal,
            Route.RESULT: self._result,
            Route.REGISTER: self._register,
        }

    def calls(self, route: Route, errands: Sequence[Errand]) -> list[Sequence[Errand]]:
        """Errands that go in one call together: progress up to 100 items, all else alone."""
        size = province_forms.ITEMS_PER_CALL if route is Route.PROGRESS else 1
        return [errands[start : start + size] for start in range(0, len(errands), size)]

    def prepare(self, route: Route, errands: Sequence[Errand]) -> None:
        """Builds what can be built before the first call: all forms and then all calls take three quarters of the time
        that they take in turns. What fails here fails again, and is answered, when it is sent."""
        if route is Route.APPLICATION:
            forms = self._forms.several([(errand.message.body, _ordinal(errand)) for errand in errands])
            for errand, form in zip(errands, forms, strict=True):
                errand.form = form

    def send(self, route: Route, call: Sequence[Errand]) -> list[Answer]:
        """One call. Never raises: an error is the answer of every errand it is about."""
        if route is Route.PROGRESS:
            return self._progress(call)
        return [self._alone(self._ways[route], errand) for errand in call]

    def _alone(self, way: Callable[[Errand], Sent], errand: Errand) -> Answer:
        try:
            return way(errand)
        except DeliveryError as error:
            return error
        except MappingFailed as error:
            return Invalid(contract_finding(Fault(error.pointer, "missing")))

    def _application(self, errand: Errand) -> Sent:
        form = errand.form or self._forms.of(errand.message.body, _ordinal(errand))
        errand.ordinal, errand.sent = form.submission.ordinal, form.fingerprint
        try:
            receipt = self._submitted(form, errand.message)
        except SilentlyThere:
            # None: a worker died on the line with this very body, before it could say what it had sent.
            if not any(earlier.sent in (errand.sent, None) for earlier in errand.unknown):
                raise
            receipt = Receipt(None, None, repeated=True)
        return self._accepted(errand, receipt)

    def _submitted(self, form: Form, message: Claimed) -> Receipt:
        if not form.attachments:
            return self._ministry.submit(form.submission, form.fingerprint)
        with self._room.of(sum(attachment.size for attachment in form.attachments if not attachment.removed)):
            files = [to_ministry.attachment(a, fetch(self._province, a, message)) for a in form.attachments]
            return self._ministry.submit(form.submission.model_copy(update={"files": files}), form.fingerprint)

    def _accepted(self, errand: Errand, receipt: Receipt) -> Sent:
        code = receipt.ministry_code or (errand.facts.ministry_code if errand.facts else None)
        accepted_at = receipt.received_at
        if accepted_at is None and receipt.repeated and errand.unknown:
            # It was accepted in a call whose answer was lost. Later than that would be after what the ministry did
            # since.
            accepted_at = errand.unknown[0].at
        acceptance = records.Acceptance(
            dossier_code=errand.message.subject, ministry_code=code, accepted_at=accepted_at or self._now()
        )
        return Sent(
            repeated=receipt.repeated,
            http_status=receipt.http_status,
            ordinal=errand.ordinal,
            sent=errand.sent,
            ministry_code=code,
            body=acceptance.model_dump_json().encode(),
        )

    def _withdrawal(self, errand: Errand) -> Sent:
        event, _ = province_forms.DossierEvent.read(errand.message.body)
        if event is None or event.dossier is None or event.happened_at is None:
            raise MappingFailed(DOSSIER)
        form = to_ministry.withdrawal(
            errand.message.subject,
            errand.message.procedure,
            clean(event.reason) if event.reason else None,
            parse_instant(event.happened_at, province_forms.INSTANT_FORMAT),
        )
        self._ministry.withdraw(form)
        return Sent()

    def _progress(self, call: Sequence[Errand]) -> list[Answer]:
        """Up to 100 items in one call, each answered by itself. An item that cannot be built is left out of the
        call."""
        items: list[province_forms.Progress | Invalid] = [_progress_item(errand.message) for errand in call]
        sendable = [item for item in items if isinstance(item, province_forms.Progress)]
        try:
            told = iter(self._province.tell(sendable) if sendable else [])
        except DeliveryError as error:
            return [item if isinstance(item, Invalid) else error for item in items]
        answers: list[Answer] = []
        for item in items:
            if isinstance(item, Invalid):
                answers.append(item)
                continue
            answer = next(told)
            if isinstance(answer, OutOfStep):
                answer = self._by_steps(item, answer)
            answers.append(answer if isinstance(answer, DeliveryError) else Sent(repeated=answer.repeated))
        return answers

    def _by_steps(self, item: province_forms.Progress, refusal: OutOfStep) -> Taken | DeliveryError:
        """The province's own clerks move dossiers, too: from where the dossier is now, the steps that lack go first."""
        try:
            present = self._province.status(item.dossier_code or "")
            way = path(present, item.status or 0) if present else ()
            if len(way) < 2:
                return refusal
            steps = [item.model_copy(update={"key": f"{item.key}-{status}", "status": status}) for status in way[:-1]]
            return self._province.tell([*steps, item])[-1]
        except DeliveryError as error:
            return error

    def _result(self, errand: Errand) -> Sent:
        message, facts = errand.message, errand.facts
        state, _ = ministry_forms.DossierState.read(message.body)
        result, _ = read_result(state) if state else (None, ())
        if state is None or result is None:
            raise MappingFailed(pointer((ministry_forms.DossierState.member("result"),)))
        same_entry = facts is not None and facts.result_entry == entry_of(result)
        registration = to_records.registration(state, result, facts.result_day if facts and same_entry else None)
        application = self._forms.record(errand.application) if errand.application else None
        replaces = facts.result_stored if facts else None
        form = to_province.result(registration, application, state.ministry_code, replaces)
        if form.fingerprint == replaces:
            form = form.model_copy(update={"replaces": None})
        errand.sent = form.fingerprint
        taken = self._province.store_result(message.subject, form)
        return Sent(
            repeated=taken.repeated,
            http_status=taken.http_status,
            sent=form.fingerprint,
            body=without(message.body, ministry_forms.DossierState.member("result")),
        )

    def _register(self, errand: Errand) -> Sent:
        message = errand.message
        entry, _ = ministry_forms.ENTRIES_OF[message.procedure].read(message.body)
        if entry is None:
            raise MappingFailed("")
        registered = to_records.register_entry(entry)
        form = to_province.register_entry(registered)
        errand.sent = form.fingerprint
        taken = self._province.store_entry(to_province.record_id(registered), registered.version, form)
        return Sent(repeated=taken.repeated, http_status=taken.http_status, sent=form.fingerprint)


def _ordinal(errand: Errand) -> int:
    """Which submission of its dossier this is. What was delivered, and goes again, goes under the number it had."""
    if errand.message.again and errand.message.ordinal:
        return errand.message.ordinal
    return (errand.facts.submissions if errand.facts else 0) + 1


def _progress_item(message: Claimed) -> province_forms.Progress | Invalid:
    try:
        told: records.Acceptance | records.StatusChange
        if message.event == "acceptance":
            told = records.Acceptance.model_validate_json(message.body)
        else:
            state, _ = ministry_forms.DossierState.read(message.body)
            if state is None:
                raise MappingFailed("")
            told = to_records.status_change(state)
        return to_province.progress(told, message.status or 0, _key(message.message_id))
    except MappingFailed as error:
        return Invalid(contract_finding(Fault(error.pointer, "missing")))


def _key(message_id: UUID) -> str:
    return str(message_id)
