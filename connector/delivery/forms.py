"""A stored application as the ministry's form: read, mapped to our record, and written as a submission."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from connector.domain.aliases import AliasSource, dossier_with
from connector.domain.arrivals import SIDE_BY_SIDE
from connector.domain.mapping import to_ministry, to_records
from connector.domain.mapping.to_records import MappingFailed
from schemas import ministry as ministry_forms
from schemas import province as province_forms
from schemas import records

DOSSIER: Final = "/" + province_forms.DossierEvent.member("dossier")

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Form:
    """A submission as far as it needs no call, and the files that go with it."""

    submission: ministry_forms.Submission
    fingerprint: str
    attachments: tuple[records.Attachment, ...]


class Forms:
    """Makes them with the installation's aliases. What cannot be made raises MappingFailed."""

    def __init__(self, aliases: AliasSource) -> None:
        self._aliases = aliases

    def record(self, body: bytes) -> records.Application:
        """The application that an event carries. A name adopted a moment ago may be what it lacks."""
        return self._recorded(_dossier(body))

    def of(self, body: bytes, ordinal: int) -> Form:
        """The form of one application; `ordinal` says which submission of its dossier it is."""
        return _written((self.record(body), ordinal))

    def several(self, bodies: Sequence[tuple[bytes, int]]) -> list[Form | None]:
        """The forms of several, None for one that fails.

        Step by step, not one after the other: a step that is done many times stays in the processor's caches, and the
        forms take a fifth less.
        """
        made: list[Form | None] = []
        for start in range(0, len(bodies), SIDE_BY_SIDE):
            group = bodies[start : start + SIDE_BY_SIDE]
            dossiers = _each(_dossier, [body for body, _ in group])
            applications = _each(self._recorded, dossiers)
            pairs = zip(applications, group, strict=True)
            made += _each(_written, [None if one is None else (one, ordinal) for one, (_, ordinal) in pairs])
        return made

    def _recorded(self, dossier: province_forms.Dossier) -> records.Application:
        try:
            return to_records.application(dossier_with(dossier, self._aliases()))
        except MappingFailed:
            return to_records.application(dossier_with(dossier, self._aliases(fresh=True)))


def _dossier(body: bytes) -> province_forms.Dossier:
    event, _ = province_forms.DossierEvent.read(body)
    if event is None or event.dossier is None:
        raise MappingFailed(DOSSIER)
    return event.dossier


def _written(given: tuple[records.Application, int]) -> Form:
    application, ordinal = given
    submission = to_ministry.submission(application, ordinal)
    return Form(submission, to_ministry.fingerprint(submission.data or ""), application.attachments)


def _each(make: Callable[[Given], Made], given: Sequence[Given | None]) -> list[Made | None]:
    """What is made of each; None where there is nothing, or it fails."""
    made: list[Made | None] = []
    for one in given:
        try:
            made.append(None if one is None else make(one))
        except Exception:  # it is answered where it is sent, by making it once more
            made.append(None)
    return made
