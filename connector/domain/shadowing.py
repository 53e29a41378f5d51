"""What would have happened to a dossier that is held: what would be sent of it, and which register entry clerks made of
it by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from connector.domain.checks.filing import same_as_known
from connector.domain.mapping import to_ministry, to_records
from connector.domain.mapping.reading import MappingFailed
from connector.domain.side_by_side import Difference, by_hand
from schemas import ministry, province, records
from schemas.values import Procedure, compared

# Members that a clerk decides anew, or that no register has: they say nothing about the dossier.
_NOT_COMPARED: Final = frozenset({"copies", "note", "planned_on"})


@dataclass(frozen=True, slots=True)
class Sending:
    """What would be sent: its fingerprint, or the place of the member for want of which it could not be made."""

    digest: str | None
    fault: str | None


def would_send(body: bytes) -> Sending:
    """The form of a stored application, built as a delivery would build it, and forgotten again."""
    try:
        application = to_records.application(_dossier(body))
        return Sending(to_ministry.fingerprint(to_ministry.data_text(application)), None)
    except MappingFailed as error:
        return Sending(None, error.pointer or "/")


def applied_for(body: bytes) -> records.Event | None:
    """Whom an application is about; None when it cannot be read."""
    try:
        return to_records.application(_dossier(body)).event
    except (MappingFailed, ValidationError):
        return None


def entered(procedure: Procedure, body: bytes) -> records.Event | None:
    """Whom a register entry is about; None when it cannot be read."""
    entry, _ = ministry.ENTRIES_OF[procedure].read(body)
    try:
        return to_records.register_entry(entry).event if entry else None
    except (MappingFailed, ValidationError):
        return None


def same_people(one: records.Event, other: records.Event) -> bool:
    """Whether two events are about the same people: each by the personal number, or by name and date of birth."""
    mine, theirs = list(_people(one)), list(_people(other))
    return len(mine) == len(theirs) and all(_same_person(a, b) for a, b in zip(mine, theirs, strict=True))


def fields_of(procedure: Procedure, application: bytes, entry: bytes) -> dict[str, str]:
    """How each member that both sides have compares: its name from the outside in → a `Difference`. No values."""
    return {
        ".".join(row.names): row.difference.value
        for row in by_hand(procedure, application, entry).rows
        if row.difference not in (Difference.ONLY_LEFT, Difference.ONLY_RIGHT) and row.names[-1] not in _NOT_COMPARED
    }


def _people(event: records.Event) -> Iterator[records.Person]:
    if isinstance(event, records.Marriage):
        yield from (event.husband, event.wife)
    else:
        yield event.deceased


def _same_person(one: records.Person, other: records.Person) -> bool:
    if one.personal_number is not None and one.personal_number == other.personal_number:
        return True
    if not one.full_name or not other.full_name or one.birth_date is None or other.birth_date is None:
        return False
    named = compared(one.full_name).casefold() == compared(other.full_name).casefold()
    return named and same_as_known(one.birth_date, other.birth_date)


def _dossier(body: bytes) -> province.Dossier:
    event, _ = province.DossierEvent.read(body)
    if event is None or event.dossier is None:
        raise MappingFailed("/" + province.DossierEvent.member("dossier"))
    return event.dossier
