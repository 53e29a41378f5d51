"""Names for what the partners number: kinds of papers, places of living, registrations, and the like."""

from enum import StrEnum


class PaperKind(StrEnum):
    """What proves who a person is; the union of both partners' lists."""

    PASSPORT = "passport"
    CMND = "cmnd"
    CCCD = "cccd"
    CAN_CUOC = "can_cuoc"
    CAN_CUOC_CERTIFICATE = "can_cuoc_certificate"
    ARMY_CARD = "army_card"
    POLICE_CARD = "police_card"
    HOUSEHOLD_BOOK = "household_book"
    OTHER = "other"


class ResidenceKind(StrEnum):
    PERMANENT = "permanent"
    TEMPORARY = "temporary"
    PRESENT = "present"


class Gender(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class MaritalStatus(StrEnum):
    """Before this marriage. The two kinds of `married` keep nobody from being recorded, only from being registered."""

    MARRIED = "married"
    NEVER_MARRIED = "never_married"
    DIVORCED = "divorced"
    WIDOWED = "widowed"
    MARRIED_AFTER_A_SINGLE_TIME = "married_after_a_single_time"
    OTHER = "other"


class RegistrationKind(StrEnum):
    """`first` and `again` for a marriage; `in_time` (15 days), `again`, `late` and `long_ago` for a death."""

    FIRST = "first"
    AGAIN = "again"
    IN_TIME = "in_time"
    LATE = "late"
    LONG_AGO = "long_ago"


class NoticeKind(StrEnum):
    """Who confirms a death (decree 123/2015/NĐ-CP, article 4, paragraph 2)."""

    DEATH_NOTICE = "death_notice"
    POLICE_CONFIRMATION = "police_confirmation"
    FORENSIC_RESULT = "forensic_result"
    COURT_DECISION = "court_decision"
    EXECUTION_CONFIRMATION = "execution_confirmation"
    OTHER = "other"


class Channel(StrEnum):
    IN_PERSON = "in_person"
    ONLINE = "online"
    BY_POST = "by_post"


class Condition(StrEnum):
    IN_FORCE = "in_force"
    CANCELLED = "cancelled"
