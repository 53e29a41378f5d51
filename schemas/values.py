"""The small values that every form is made of: text, numbers of papers, partial dates, instants, codes.

Text is compared and sent on by `contracts/validation.md`, "All codes that apply": see `clean` and `compared`.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, StrictBool, StrictInt, StrictStr
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

VIETNAM = timezone(timedelta(hours=7), "+07:00")

# White space as the forms mean it: what Unicode calls white space, and the zero-width characters that pasted text
# brings.
_SPACE = re.compile("[ \t\r\n\v\f\u0085\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]+")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# hòa/hoà, khỏe/khoẻ, thúy/thuý: both ways are right, and the same name. After q the u belongs to the consonant.
_TONE_BEFORE_VOWEL = re.compile("[ÒÓỎÕỌòóỏõọÙÚỦŨỤùúủũụ][AaEeYyÀ-ÆÈ-ËÝà-æè-ëýÿĂăẠ-ệỲ-ỹ]")
_OLD_PLACE = re.compile(f"((?:^|[^qQ])(?:[oO](?=.[aAeE])|[uU](?=.[yY])))([{_TONES}])([aAeEyY])")


def clean(text: str) -> str:
    """The text as it is sent on: NFC, trimmed, white space folded to one space, Ð (U+00D0) as Đ; otherwise the
    source's letters."""
    folded = text if text.isascii() else unicodedata.normalize("NFC", text).replace("\u00d0", "Đ")
    # Any white space but the plain space is unprintable; most texts have nothing to fold, and this is on the hot path.
    if folded.isprintable() and "  " not in folded and folded[:1] != " " != folded[-1:]:
        return folded
    return _SPACE.sub(" ", folded).strip(" ")


def compared(text: str) -> str:
    """The text as it is compared: `clean`, one apostrophe, and one place for the tone of oa, oe and uy."""
    if text.isascii():
        return clean(text)
    plain = clean(text).replace("’", "'").replace("ʼ", "'").replace("´", "'")
    if not _TONE_BEFORE_VOWEL.search(plain):
        return plain
    return unicodedata.normalize("NFC", _OLD_PLACE.sub(r"\1\3\2", unicodedata.normalize("NFD", plain)))


def clean_number(text: str) -> str:
    """A personal or paper number without white space and dots."""
    if text.isalnum():
        return text
    return _SPACE.sub("", text).replace(".", "")


def clean_code(text: str) -> str:
    """A dossier or procedure code without white space."""
    return _SPACE.sub("", text)


@dataclass(frozen=True, slots=True, order=False)
class PartialDate:
    """A civil date of which perhaps only the year, or year and month, is known. It never gains a part it did not
    have."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str, separator: str) -> "PartialDate":
        """`dd/MM/yyyy`, `MM/yyyy` or `yyyy` (with `separator` for `/`). ValueError when there is no such calendar
        date."""
        return _civil_date(text, separator)

    def written(self, separator: str) -> str:
        if self.month is None:
            return f"{self.year:04d}"
        if self.day is None:
            return f"{self.month:02d}{separator}{self.year:04d}"
        return f"{self.day:02d}{separator}{self.month:02d}{separator}{self.year:04d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def is_full(self) -> bool:
        return self.day is not None

    @property
    def known(self) -> tuple[int, ...]:
        """Year, month, day as far as they are known."""
        if self.month is None:
            return (self.year,)
        return (self.year, self.month) if self.day is None else (self.year, self.month, self.day)

    def is_after(self, other: "PartialDate | date") -> bool:
        """Whether this date is certainly later, judged on the parts that both sides know."""
        ours = self.known
        theirs = other.known if isinstance(other, PartialDate) else (other.year, other.month, other.day)
        if len(ours) == len(theirs):
            return ours > theirs
        shared = min(len(ours), len(theirs))
        return ours[:shared] > theirs[:shared]

    def iso(self) -> str:
        """`2005`, `2005-07` or `2005-07-31`."""
        return "-".join([f"{self.year:04d}", *(f"{part:02d}" for part in self.known[1:])])

    @classmethod
    def from_iso(cls, text: str) -> Self:
        return cls(*(int(part) for part in text.split("-")))


# A date is read when its dossier is checked, and the days of a week's papers come again and again.
@lru_cache(maxsize=4096)
def _civil_date(text: str, separator: str) -> PartialDate:
    found = _shape_of_dates(separator).fullmatch(text.strip(" "))
    if found is None:
        raise ValueError("not a civil date")
    numbers = tuple(int(part) for part in found.group("year", "month", "day") if part is not None)
    date(*(*numbers, 1, 1)[:3])  # raises for the 31st of February and the 13th month
    return PartialDate(*numbers)


@cache
def _shape_of_dates(separator: str) -> re.Pattern[str]:
    between = re.escape(separator)
    return re.compile(f"(?:(?:(?P<day>[0-9]{{2}}){between})?(?P<month>[0-9]{{2}}){between})?(?P<year>[0-9]{{4}})")


# An event's instants are read by its checks and again by who asks for the day.
@lru_cache(maxsize=1024)
def parse_instant(text: str, pattern: str) -> datetime:
    """A local instant (UTC+7 without offset) as `pattern` of strftime writes it, with every leading zero. ValueError
    when it cannot be read.
    """
    found = _shape(pattern).fullmatch(text)
    if found is None:
        raise ValueError("not an instant")
    year, month, day, hour, minute, second = map(int, found.group(*_PARTS))
    instant = datetime(year, month, day, hour, minute, second, tzinfo=VIETNAM)
    if instant < _FIRST_INSTANT:
        raise ValueError("before every calendar that a database keeps")
    return instant


# The first hours of the year 1 in Việt Nam lie before it in UTC, where no datetime can be.
_FIRST_INSTANT: Final = datetime(1, 1, 2, tzinfo=VIETNAM)
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")


@cache
def _shape(pattern: str) -> re.Pattern[str]:
    """The instants that a pattern writes; strptime takes ten times as long, and is lenient about leading zeros."""
    shape = re.escape(pattern)
    for letter, name in zip(("%Y", "%m", "%d", "%H", "%M", "%S"), _PARTS, strict=True):
        shape = shape.replace(re.escape(letter), f"(?P<{name}>[0-9]{{{4 if letter == '%Y' else 2}}})")
    return re.compile(shape)


def completed_years(born: date, on: date) -> int:
    """Age in completed years on that day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


class _OfNumbers:
    """Python calls True a 1, and so does pydantic among the values of a Literal; JSON does not."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.chain_schema([core_schema.int_schema(strict=True), handler(source)])


def _not_a_flag(value: object) -> object:
    """Python calls True a 1; JSON does not."""
    if isinstance(value, bool):
        raise PydanticCustomError("literal_error", "a boolean is no number")
    return value


OfNumbers = _OfNumbers()
"""For members whose values are a few numbers."""
NotAFlag = BeforeValidator(_not_a_flag)
"""For members whose values are a few numbers and texts."""
Text = StrictStr
Int = StrictInt
Flag = StrictBool
Fingerprint = Annotated[StrictStr, Field(pattern="^[0-9a-f]{64}$")]
CountryCode = Annotated[StrictStr, Field(pattern="^[A-Z]{2}$")]
TwoDigits = Annotated[StrictStr, Field(pattern="^[0-9]{2}$")]
CivilDay = StrictStr  # read by PartialDate.parse, so that a wrong one gets a code of its own
Moment = StrictStr  # read by parse_instant, likewise
UnitCode = StrictStr  # read against the dated table, likewise
DossierCode = StrictStr  # read against its pattern, likewise

Procedure = Literal["marriage", "death"]

DOSSIER_CODE = re.compile(
    r"(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[A-Z][0-9]{2}(?:\.[0-9]{1,3})*-([0-9]{6}|[0-9]{8})-[0-9]{4,7}", re.ASCII
)
