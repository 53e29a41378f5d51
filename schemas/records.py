"""Our own words: dossiers, what the ministry says of them, what it registered. Both partners' forms map to these.

Texts are clean (`schemas.values.clean`), numbers and codes without white space, kinds are names instead of either
side's numbers. Partial dates stay partial: `2005`, `2005-07`, `2005-07-31`. A member that an old register entry may not
know is optional here; what a complete application needs is made sure by the mapping that makes one. What is about
a citizen, and the names of officials, is left out of `repr`, so that no log line or traceback shows it.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Field

from schemas.kinds import Channel as Channel
from schemas.kinds import Condition as Condition
from schemas.kinds import Gender as Gender
from schemas.kinds import MaritalStatus as MaritalStatus
from schemas.kinds import NoticeKind as NoticeKind
from schemas.kinds import PaperKind as PaperKind
from schemas.kinds import RegistrationKind as RegistrationKind
from schemas.kinds import ResidenceKind as ResidenceKind
from schemas.partial_dates import CivilDate as CivilDate
from schemas.values import VIETNAM, CountryCode, Fingerprint, Procedure

Instant = AwareDatetime
CommuneCode = Annotated[str, Field(pattern="^[0-9]{5}$")]


def _personal(default: Any = None, **more: Any) -> Any:
    """A member about a citizen: never in a `repr`."""
    return Field(default=default, repr=False, **more)


class Record(BaseModel):
    """A canonical record: immutable, and without members that nobody declared."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, ser_json_bytes="base64", val_json_bytes="base64"
    )


class Address(Record):
    """A place. Inside Việt Nam by the unit codes of the day it speaks of; `district` until 2025-06-30."""

    country: CountryCode = _personal("VN")
    province: str | None = _personal()
    district: str | None = _personal()
    commune: str | None = _personal()
    detail: str | None = _personal()


class IdentityPaper(Record):
    kind: PaperKind | None = None
    other_name: str | None = _personal()  # what a paper of the kind `other` is called
    number: str | None = _personal()
    issued_on: CivilDate | None = _personal()
    issued_by: str | None = _personal()


class Decision(Record):
    """A judgment of divorce, or the paper about a former spouse's death."""

    number: str | None = _personal()
    decided_on: CivilDate | None = _personal()
    agency: str | None = _personal()


class Person(Record):
    """`ethnicity` is a code of the national list, 01-54, 55 foreigner, 56 unknown; `personal_number`: 12 digits."""

    full_name: str | None = _personal()
    birth_date: CivilDate | None = _personal()
    ethnicity: str | None = _personal()
    other_ethnicity: str | None = _personal()
    nationality: CountryCode | None = _personal()
    other_nationality: str | None = _personal()
    personal_number: str | None = _personal()
    paper: IdentityPaper | None = _personal()
    residence_kind: ResidenceKind | None = _personal()
    residence: Address | None = _personal()


class Spouse(Person):
    """`ordinal` counts the person's marriages, this one included. The papers go with `divorced` and `widowed`."""

    ordinal: int | None = _personal()
    marital_status: MaritalStatus | None = _personal()
    divorce: Decision | None = _personal()
    spouse_death: Decision | None = _personal()


class Deceased(Person):
    """`residence` is the last one; `death_time` is `HH:MM` in local time."""

    gender: Gender | None = _personal()
    death_date: CivilDate | None = _personal()
    death_time: str | None = _personal()
    death_place: Address | None = _personal()
    cause: str | None = _personal()


class DeathNotice(Record):
    kind: NoticeKind | None = None
    number: str | None = _personal()
    issued_on: CivilDate | None = _personal()
    issued_by: str | None = _personal()


class Declarant(Record):
    full_name: str | None = _personal()
    relationship: str | None = _personal()
    personal_number: str | None = _personal()
    paper: IdentityPaper | None = _personal()
    residence: Address | None = _personal()
    phone: str | None = _personal()
    email: str | None = _personal()


class Marriage(Record):
    procedure: Literal["marriage"] = "marriage"
    kind: RegistrationKind | None = None
    related_since: CivilDate | None = _personal()  # from which day the marriage counts, when it is registered again
    planned_on: date | None = _personal()
    copies: int | None = None
    note: str | None = _personal()
    husband: Spouse = _personal(...)
    wife: Spouse = _personal(...)


class Death(Record):
    procedure: Literal["death"] = "death"
    kind: RegistrationKind | None = None
    copies: int | None = None
    note: str | None = _personal()
    deceased: Deceased = _personal(...)
    notice: DeathNotice | None = _personal()
    declarant: Declarant | None = _personal()


Event = Annotated[Marriage | Death, Discriminator("procedure")]


class Owner(Record):
    """Whose dossier it is."""

    full_name: str = _personal(...)
    personal_number: str | None = _personal()
    phone: str | None = _personal()
    email: str | None = _personal()


class Attachment(Record):
    """A file of a dossier. `number` is its order from 1 in the dossier's list, the same in every version."""

    number: int = Field(ge=1)
    file_id: str
    file_name: str = _personal(...)
    paper_kind: int
    paper_name: str = _personal(...)
    sha256: Fingerprint
    size: int
    removed: bool = False


class Application(Record):
    """One version of a dossier, as the province sent it. `procedure_code` is without the agency's suffix."""

    dossier_code: str
    version: int = Field(ge=1)
    procedure_code: str
    agency: str
    office: CommuneCode
    channel: Channel
    submitted_at: Instant | None = None
    received_at: Instant
    due_at: Instant
    needs_verification: bool
    status: int = Field(ge=1, le=10)
    owner: Owner = _personal(...)
    event: Event = _personal(...)
    attachments: tuple[Attachment, ...] = ()

    @property
    def procedure(self) -> Procedure:
        return self.event.procedure

    @property
    def received_on(self) -> date:
        """The civil day of `received_at`."""
        return self.received_at.astimezone(VIETNAM).date()


class Acceptance(Record):
    """The ministry took our submission. `ministry_code` is None where a repeated answer did not tell it again."""

    dossier_code: str
    ministry_code: str | None = None
    accepted_at: Instant


class StatusChange(Record):
    """One state of a dossier as the ministry says it: `state` 1 waiting, 2 supplement asked, 3 in work, 4 registered,
    5 handed over, 6 refused. `ordinal` counts the submissions, from 1: the one it speaks of."""

    dossier_code: str
    ministry_code: str
    procedure: Procedure
    office: str
    province: str
    ordinal: int = Field(ge=1)
    state: int = Field(ge=1, le=6)
    happened_at: Instant
    note: str | None = _personal()
    person: str | None = _personal()
    title: str | None = None
    department: str | None = None
    content: str | None = _personal()
    supplement_until: Instant | None = None


class Registration(Record):
    """A result: where the event stands in the register, and what stands there. `document` is the signed PDF, or None as
    long as it is not signed. `event` may lack what the ministry left out."""

    dossier_code: str
    ministry_code: str
    result_code: Literal["KQ.G15.000032", "KQ.G15.000034"]
    number: int = Field(ge=1)
    year: int
    book: str
    page: str | None = None
    registered_on: CivilDate
    office: CommuneCode
    signer: str = _personal(...)
    signer_title: str
    clerk: str | None = _personal()
    event: Event = _personal(...)
    document: bytes | None = _personal()

    @property
    def procedure(self) -> Procedure:
        return self.event.procedure


class Annotation(Record):
    """What changed an entry after its first version. `kind` is the ministry's word for it."""

    kind: str
    basis: str = _personal(...)
    noted_on: CivilDate
    content: str | None = _personal()


class RegisterEntry(Record):
    """One version of a register entry. `fingerprint` is the ministry's own and is handed on as it is."""

    entry_id: int
    version: int = Field(ge=1)
    dossier_code: str | None = None
    number: int = Field(ge=1)
    year: int
    book: str
    page: str | None = None
    registered_on: CivilDate
    office: CommuneCode
    updated_at: Instant
    condition: Condition
    signer: str | None = _personal()
    signer_title: str | None = None
    clerk: str | None = _personal()
    event: Event = _personal(...)
    annotations: tuple[Annotation, ...] = ()
    fingerprint: Fingerprint

    @property
    def procedure(self) -> Procedure:
        return self.event.procedure


EXPORTED: Final[tuple[type[Record], ...]] = (Application, Acceptance, StatusChange, Registration, RegisterEntry)
"""The records that stand for themselves; all others are parts of these."""
