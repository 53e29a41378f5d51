"""A stored body, checked and mapped once more by today's rules."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from connector.domain.aliases import dossier_with
from connector.domain.arrivals import Arrival, read_arrival
from connector.domain.checks.results import check_result, read_result
from connector.domain.checks.states import check_state
from connector.domain.dossiers import HAS_RESULT, Facts, entry_of
from connector.domain.entries import read_entry
from connector.domain.mapping import to_ministry, to_province, to_records
from connector.domain.mapping.to_records import MappingFailed
from connector.domain.message import Route, State
from connector.domain.stored import Around, Stored
from schemas import ministry as ministry_forms
from schemas import province as province_forms
from schemas import records
from schemas.findings import Code, Finding, contract_finding, finding
from schemas.reading import Fault
from schemas.values import VIETNAM, clean, parse_instant

ACCEPTANCE: Final = "acceptance"
_NEVER_SENT: Final = (State.CANCELLED, State.SUPERSEDED)


class Unusable(Exception):
    """What came was no message of its route: only the source can give what should be sent."""


def recheck(stored: Stored, around: Around) -> tuple[Finding, ...]:
    """Today's findings about a message with a body; what a person has overridden stays overridden.

    A file that did not fit is not judged here: it is fetched again when the message goes. Raises Unusable.
    """
    found = _CHECKS[stored.route](stored, around)
    overridden = {(one.code, one.pointer): one.overridden_by for one in stored.findings if one.overridden_by}
    return tuple(
        one.model_copy(update={"overridden_by": by}) if (by := overridden.get((one.code, one.pointer))) else one
        for one in found
    )


def trial(stored: Stored, around: Around) -> tuple[Finding, ...]:
    """CONTRACT where the partner's form cannot hold the message; nothing when it can."""
    try:
        _MAPPINGS[stored.route](stored, around)
    except MappingFailed as error:
        return (contract_finding(Fault(error.pointer, "missing")),)
    return ()


def _check_event(stored: Stored, around: Around) -> tuple[Finding, ...]:
    arrival = read_arrival(stored.body or b"", around.aliases)
    if arrival.route is not stored.route or arrival.subject != stored.subject or stored.procedure is None:
        if not arrival.blocked:
            raise Unusable
        return arrival.findings
    if stored.route is Route.APPLICATION and _conflicts(stored, arrival, around):
        return (*arrival.findings, finding(Code.PAYLOAD_CONFLICT))
    return arrival.findings


def _conflicts(stored: Stored, arrival: Arrival, around: Around) -> bool:
    """Whether the same version came before with another content, and was not given up."""
    for entry in around.lane:
        if entry.message_id == stored.message_id:
            return False
        if entry.version == stored.version and entry.state not in _NEVER_SENT:
            return entry.content_key != arrival.content_key
    return False


def _check_state(stored: Stored, around: Around) -> tuple[Finding, ...]:
    if stored.event == ACCEPTANCE:
        return ()
    state, faults = ministry_forms.DossierState.read(stored.body or b"")
    findings = check_state(state, faults)
    if stored.version == 0 and not any(one.blocks for one in findings):
        raise Unusable  # it was quarantined before anything was made of it
    if stored.route is Route.RESULT and state is not None and state.state in HAS_RESULT:
        result, wrong = read_result(state)
        findings += check_result(state, result, wrong, _dossier_of(around), result_day(state, around.facts))
    return tuple(findings)


def result_day(state: ministry_forms.DossierState, facts: Facts | None) -> date | None:
    """The day on which a result was registered, as far as its own text does not say it."""
    result, _ = read_result(state)
    if facts is not None and facts.result_day and entry_of(result) == facts.result_entry:
        return facts.result_day
    try:
        text = state.happened_at
        return parse_instant(text, ministry_forms.INSTANT_FORMAT).astimezone(VIETNAM).date() if text else None
    except ValueError:
        return None


def _check_entry(stored: Stored, around: Around) -> tuple[Finding, ...]:
    assert stored.procedure is not None
    entry = read_entry(stored.procedure, stored.body or b"")
    if stored.version == 0 and not any(one.blocks for one in entry.findings):
        raise Unusable
    # Whether a number belongs to another entry was judged when this one was taken in; a person decides about it.
    duplicate = tuple(one for one in stored.findings if one.code is Code.REGISTER_NUMBER_DUPLICATE)
    return (*entry.findings, *duplicate)


def _dossier_of(around: Around) -> province_forms.Dossier | None:
    """The application of the message's dossier, as the province sent it."""
    if around.application is None:
        return None
    event, _ = province_forms.DossierEvent.read(around.application)
    return dossier_with(event.dossier, around.aliases) if event and event.dossier else None


def _map_application(stored: Stored, around: Around) -> None:
    event, _ = province_forms.DossierEvent.read(stored.body or b"")
    if event is None or event.dossier is None:
        raise MappingFailed("")
    to_ministry.submission(to_records.application(dossier_with(event.dossier, around.aliases)), 1)


def _map_withdrawal(stored: Stored, around: Around) -> None:
    event, _ = province_forms.DossierEvent.read(stored.body or b"")
    if event is None or event.happened_at is None or stored.procedure is None:
        raise MappingFailed("")
    happened_at = parse_instant(event.happened_at, province_forms.INSTANT_FORMAT)
    to_ministry.withdrawal(stored.subject, stored.procedure, clean(event.reason) if event.reason else None, happened_at)


def _map_progress(stored: Stored, around: Around) -> None:
    told: records.Acceptance | records.StatusChange
    if stored.event == ACCEPTANCE:
        told = records.Acceptance.model_validate_json(stored.body or b"")
    else:
        state, _ = ministry_forms.DossierState.read(stored.body or b"")
        if state is None:
            raise MappingFailed("")
        told = to_records.status_change(state)
    to_province.progress(told, stored.status or 0, str(stored.message_id))


def _map_result(stored: Stored, around: Around) -> None:
    state, _ = ministry_forms.DossierState.read(stored.body or b"")
    result, _ = read_result(state) if state else (None, ())
    if state is None or result is None:
        raise MappingFailed("")
    registration = to_records.registration(state, result, result_day(state, around.facts))
    dossier = _dossier_of(around)
    to_province.result(registration, to_records.application(dossier) if dossier else None, state.ministry_code)


def _map_entry(stored: Stored, around: Around) -> None:
    assert stored.procedure is not None
    entry, _ = ministry_forms.ENTRIES_OF[stored.procedure].read(stored.body or b"")
    if entry is None:
        raise MappingFailed("")
    to_province.register_entry(to_records.register_entry(entry))


_CHECKS: Final[Mapping[Route, Callable[[Stored, Around], tuple[Finding, ...]]]] = {
    Route.APPLICATION: _check_event,
    Route.WITHDRAWAL: _check_event,
    Route.PROGRESS: _check_state,
    Route.RESULT: _check_state,
    Route.REGISTER: _check_entry,
}
_MAPPINGS: Final[Mapping[Route, Callable[[Stored, Around], None]]] = {
    Route.APPLICATION: _map_application,
    Route.WITHDRAWAL: _map_withdrawal,
    Route.PROGRESS: _map_progress,
    Route.RESULT: _map_result,
    Route.REGISTER: _map_entry,
}
