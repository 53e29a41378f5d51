"""The partners' numbers for our names. Except for papers, both partners use the same numbers."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from schemas.kinds import Channel, Condition, Gender, MaritalStatus, NoticeKind, PaperKind, RegistrationKind
from schemas.kinds import ResidenceKind as Residence
from schemas.values import compared

T = TypeVar("T")

VIETNAM_CODE: Final = "VN"

RESIDENCES: Final = {1: Residence.PERMANENT, 2: Residence.TEMPORARY, 3: Residence.PRESENT}
GENDERS: Final = {1: Gender.MALE, 2: Gender.FEMALE, 3: Gender.UNKNOWN}
MARITAL_STATUSES: Final = {
    1: MaritalStatus.MARRIED,
    2: MaritalStatus.NEVER_MARRIED,
    3: MaritalStatus.DIVORCED,
    4: MaritalStatus.WIDOWED,
    5: MaritalStatus.MARRIED_AFTER_A_SINGLE_TIME,
    6: MaritalStatus.OTHER,
}
MARRIAGE_KINDS: Final = {1: RegistrationKind.FIRST, 2: RegistrationKind.AGAIN}
DEATH_KINDS: Final = {
    1: RegistrationKind.IN_TIME,
    2: RegistrationKind.AGAIN,
    4: RegistrationKind.LATE,
    5: RegistrationKind.LONG_AGO,
}
NOTICES: Final = dict(enumerate(NoticeKind, start=1))
CHANNELS: Final = {1: Channel.IN_PERSON, 2: Channel.ONLINE, 3: Channel.BY_POST}
CONDITIONS: Final = {1: Condition.IN_FORCE, 2: Condition.CANCELLED}

PROVINCE_PAPERS: Final = {
    2: PaperKind.CMND,
    3: PaperKind.ARMY_CARD,
    4: PaperKind.POLICE_CARD,
    5: PaperKind.CCCD,
    6: PaperKind.PASSPORT,
    7: PaperKind.HOUSEHOLD_BOOK,
    8: PaperKind.OTHER,
    9: PaperKind.CAN_CUOC,
    10: PaperKind.CAN_CUOC_CERTIFICATE,
}
MINISTRY_PAPERS: Final = {
    1: PaperKind.PASSPORT,
    2: PaperKind.CMND,
    3: PaperKind.OTHER,
    4: PaperKind.CCCD,
    5: PaperKind.CAN_CUOC,
    6: PaperKind.CAN_CUOC_CERTIFICATE,
    7: PaperKind.ARMY_CARD,
    8: PaperKind.POLICE_CARD,
}
HOUSEHOLD_BOOK: Final = "Sổ hộ khẩu"
"""How the ministry, which has no number for a household book, names it among the other papers."""
_HOUSEHOLD_BOOK = compared(HOUSEHOLD_BOOK).casefold()


def numbers(table: Mapping[int, T]) -> dict[T | None, Any]:
    """The table read the other way: name → number, and nothing where nothing is known."""
    return {None: None, **{name: number for number, name in table.items()}}


def is_household_book(other_name: str | None) -> bool:
    """Whether the name of an other paper says that it is a household book."""
    return other_name is not None and compared(other_name).casefold() == _HOUSEHOLD_BOOK
