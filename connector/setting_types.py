"""How the text of one setting is read. Each reader takes the text (or a value that is already right, which passes) and
raises ValueError with what is expected; it never quotes what it was given, because that may be a password.
"""

import os
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

VIETNAM = timezone(timedelta(hours=7))
LONGEST = timedelta(days=366)

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}
_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,3})?"
_DURATION = re.compile("".join(f"(?:(?P<{word}>{_NUMBER}){letter})?" for letter, word in _UNITS.items()))
_DATABASE = re.compile(r"postgres(?:ql)?://\S+")
_BROKER = re.compile(r"(?:rediss?|redis\+socket|sentinel)://\S+")


@dataclass(frozen=True)
class Bind:
    """An address to listen on; port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_duration(value: object) -> timedelta:
    """`500ms`, `2s`, `5m`, `1h30m`, `1d`: numbers with d, h, m, s, ms, the greater unit first; more than nothing and at
    most a year. A bare number is refused: nobody can know its unit.
    """
    if isinstance(value, timedelta):
        duration = value
    else:
        found = _DURATION.fullmatch(_text(value))
        parts = found.groupdict() if found else {}
        duration = timedelta(**{unit: float(number) for unit, number in parts.items() if number})
    if not timedelta(0) < duration <= LONGEST:
        raise ValueError("expected a duration such as 500ms, 30s, 5m or 1h30m")
    return duration


def read_schedule(value: object) -> tuple[timedelta, ...]:
    """Durations with commas between them, at least one."""
    try:
        if isinstance(value, tuple | list):
            items = tuple(read_duration(item) for item in value)
        else:
            items = tuple(read_duration(item) for item in _text(value).split(","))
    except ValueError:
        items = ()
    if not items:
        raise ValueError("expected durations with commas between them, such as 10s,1m,5m")
    return items


def read_day(value: object) -> date | None:
    """A calendar day, `2023-06-01`."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("expected a day such as 2023-06-01") from None


def read_instant(value: object) -> datetime | None:
    """An instant in ISO 8601; without an offset it is Vietnam's time (UTC+7), as are the working hours it is about."""
    if value is None:
        return None
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    except ValueError:
        raise ValueError("expected an instant in ISO 8601 such as 2023-06-01T08:00:00+07:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=VIETNAM)


def read_bind(value: object) -> Bind:
    """`HOST:PORT`; an IPv6 address stands in brackets."""
    if isinstance(value, Bind):
        return value
    found = re.fullmatch(r"(?:\[(?P<six>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>[0-9]{1,5})", _text(value))
    if not found or int(found["port"]) > 65535:
        raise ValueError("expected HOST:PORT such as 127.0.0.1:8800")
    return Bind(found["six"] or found["host"], int(found["port"]))


def read_whole_number(value: object) -> int:
    """A number of things, one or more."""
    number = value if isinstance(value, int) else int(_text(value)) if re.fullmatch("[0-9]{1,4}", _text(value)) else 0
    if number < 1:
        raise ValueError("expected a whole number, 1 or more")
    return number


def read_percentage(value: object) -> int:
    """A part of a whole, 1 to 100."""
    number = value if isinstance(value, int) else int(_text(value)) if re.fullmatch("[0-9]{1,3}", _text(value)) else 0
    if not 1 <= number <= 100:
        raise ValueError("expected a whole number from 1 to 100")
    return number


def read_directory(value: object) -> Path | None:
    """A directory, made absolute here, so that a later change of the working directory moves nothing; `~` is a home."""
    if value is None:
        return None
    try:
        return Path(value if isinstance(value, Path) else _text(value)).expanduser().absolute()
    except (RuntimeError, ValueError):
        raise ValueError("expected a directory") from None


def read_database_url(value: object) -> SecretStr | None:
    """A URL of PostgreSQL, always handed on as `postgresql://`, the spelling that every library takes."""
    url = _revealed(value)
    if url is None:
        return None
    if not _DATABASE.fullmatch(url):
        raise ValueError("expected a URL that begins with postgresql://")
    return SecretStr(re.sub("^postgres:", "postgresql:", url))


def read_broker_url(value: object) -> SecretStr | None:
    """A URL of Redis; several Sentinels stand with `;` between them, each with its scheme."""
    url = _revealed(value)
    if url is None:
        return None
    if not all(_BROKER.fullmatch(part) for part in url.split(";")):
        raise ValueError("expected a URL that begins with redis://, rediss://, redis+socket:// or sentinel://")
    return SecretStr(url)


def read_partner_url(value: object) -> str | None:
    """The base URL of a partner, without a slash at its end.

    User names, passwords, queries and fragments are refused, so that this URL may be shown.
    """
    if value is None:
        return None
    fault = "expected a URL such as https://host/path, without user name, password or query"
    text = _text(value)
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise ValueError(fault) from None
    if not usable or "@" in parts.netloc or "?" in text or "#" in text or not text.isprintable() or " " in text:
        raise ValueError(fault)
    return text.rstrip("/")


def read_issuer(value: object) -> str | None:
    """An identity provider's name for itself, a URL; a slash at its end belongs to it."""
    read_partner_url(value)
    return None if value is None else _text(value)


def read_origin(value: object) -> str | None:
    """Scheme and host, perhaps a port: `https://host`; no path, because the console owns all of it."""
    try:
        url = read_partner_url(value)
    except ValueError:
        url = ""
    if url is None:
        return None
    if not url or urlsplit(url).path:
        raise ValueError("expected a URL such as https://host, without a path")
    return url.lower()


def read_line(value: object) -> str | None:
    """A name: printable text on one line."""
    if value is None:
        return None
    text = _text(value)
    if not text or not text.isprintable():
        raise ValueError("expected printable text on one line")
    return text


def read_secret(value: object) -> SecretStr | None:
    """A secret: printable text on one line."""
    text = _revealed(value)
    return None if text is None else SecretStr(read_line(text) or "")


def available_cores() -> int:
    """The cores this process may use, which in a container are fewer than the machine's."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no such call
        return os.cpu_count() or 1


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("expected text")
    return value.strip()


def _revealed(value: object) -> str | None:
    if value is None:
        return None
    return value.get_secret_value() if isinstance(value, SecretStr) else _text(value)
