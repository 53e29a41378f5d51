"""The partners' clock: local time of Việt Nam, optionally from a fixed start from which it runs on."""

import time
from datetime import UTC, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))
_MINISTRY = "%d/%m/%Y %H:%M:%S"
_PROVINCE = "%Y%m%d%H%M%S"


class Clock:
    """Seconds since the epoch as this partner sees them.

    A fixed start holds for the first start of a store only: `not_before` is the latest instant that the store knows,
    and after a restart the clock goes on from there, because no partner's record may run backwards.
    """

    def __init__(self, start: datetime | None = None, not_before: float = 0.0) -> None:
        self._shift = 0.0
        if start is not None:
            aware = start if start.tzinfo else start.replace(tzinfo=VIETNAM)
            self._shift = max(aware.timestamp(), not_before) - time.time()

    def now(self) -> float:
        return time.time() + self._shift

    def local(self) -> datetime:
        return local(self.now())


def local(seconds: float) -> datetime:
    """UTC+7 without an offset, as both contracts write it."""
    return datetime.fromtimestamp(seconds, VIETNAM).replace(tzinfo=None)


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, VIETNAM).isoformat(timespec="milliseconds")


def ministry_instant(seconds: float) -> str:
    return local(seconds).strftime(_MINISTRY)


def province_instant(seconds: float) -> str:
    return local(seconds).strftime(_PROVINCE)


def read_ministry_instant(text: str) -> float | None:
    """Seconds since the epoch, or None where the text is no instant."""
    return _read(text, _MINISTRY)


def read_province_instant(text: str) -> float | None:
    """Seconds since the epoch, or None where the text is no instant."""
    return _read(text, _PROVINCE)


def _read(text: str, form: str) -> float | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=VIETNAM).timestamp()
    except (ValueError, OverflowError):
        return None


def http_date(after: float) -> str:
    """An HTTP date that many seconds from now, by the machine's own clock like the Date header beside it."""
    return datetime.fromtimestamp(time.time() + after, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
