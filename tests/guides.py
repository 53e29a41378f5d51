"""The sections of the operators' guides that follow from the code: one for each alert, check and partner's code.

`python -m tests.guides` puts them into docs/van-hanh.md and docs/operators-guide.md; a test holds that they are there.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from connector.adapters import ministry, province
from connector.console.texts import LANGUAGES, Language, say
from connector.domain.advice import advice_for
from connector.domain.alerts import Alert
from connector.domain.errors import Conflict, Refused, Throttled, Unauthorised
from schemas.findings import SENTENCES, Severity

DOCS: Final = Path(__file__).parents[1] / "docs"
GUIDES: Final[dict[Language, Path]] = {"vi": DOCS / "van-hanh.md", "en": DOCS / "operators-guide.md"}
BEGIN, END = "<!-- made by python -m tests.guides: {part} -->", "<!-- end of {part} -->"
PARTS: Final = ("alerts", "checks", "partners")

_SEVERITY: Final = {
    Severity.ERROR: ("Lỗi: không gửi.", "Error: nothing is sent."),
    Severity.OVERRIDABLE: ("Lỗi có thể bỏ qua kèm lý do.", "Error that can be overridden with a reason."),
    Severity.WARNING: ("Lưu ý: vẫn gửi.", "Warning: it is sent."),
}
_FOLLOWS: Final = {
    "refused": ("Thông điệp bị từ chối.", "The message is refused."),
    "closed": ("Đối tác tạm ngừng; không tính lần gửi.", "The partner is paused; no attempt counts."),
    "again": ("Tự gửi lại theo lịch.", "It is sent again by the schedule."),
}
_TODO: Final = ("Làm gì", "What to do")
# The way's own codes: no answer of a partner, and the same whoever it is.
_OF_THE_WAY: Final = (
    *("NO_CONNECTION", "CONNECT_TIMEOUT", "READ_TIMEOUT", "CONNECTION_LOST", "TOO_SLOW", "ANSWER_GARBLED"),
    *("TOO_LARGE", "LEASE_ENDED", "FILE_NOT_THERE", "FILE_GONE", "FILE_UNSTEADY", "HTTP_413", "OUR_FAULT", "UNSAID"),
)


def made(part: str, language: Language) -> str:
    """The sections of one part, in one language."""
    sections = {"alerts": _alerts, "checks": _checks, "partners": _partners}[part](language)
    return "\n".join([BEGIN.format(part=part), "", *sections, END.format(part=part)])


def _alerts(language: Language) -> Iterator[str]:
    blank = {"n": "N", "whom": "…", "since": "…"}
    for alert in Alert:
        yield f"### `{alert}`\n"
        yield f"{say(language, f'alert.{alert}.title', **blank)}. {say(language, f'alert.{alert}.todo')}\n"


def _checks(language: Language) -> Iterator[str]:
    place = LANGUAGES.index(language)
    for code, (severity, *sentences) in SENTENCES.items():
        yield f"### `{code}`\n"
        yield f"{sentences[place]} *{_SEVERITY[severity][place]}*\n"
        yield f"{_TODO[place]}: {advice_for(code)[place]}\n"


def _partners(language: Language) -> Iterator[str]:
    place = LANGUAGES.index(language)
    for name, meanings in (("ministry", ministry.MEANINGS), ("province", province.MEANINGS)):
        for code, (kind, sentence) in meanings.items():
            follows = "closed" if issubclass(kind, Throttled | Unauthorised) else "again"
            follows = "refused" if issubclass(kind, Refused | Conflict) else follows
            yield f"### `{code}` · {say(language, f'partner.{name}')}\n"
            yield f"{sentence}. {_FOLLOWS[follows][place]}\n" if place else f"{_FOLLOWS[follows][place]}\n"
            yield f"{_TODO[place]}: {advice_for(code)[place]}\n"
    for code in _OF_THE_WAY:
        yield f"### `{code}`\n"
        yield f"{_TODO[place]}: {advice_for(code)[place]}\n"


def filled(text: str, language: Language) -> str:
    """A guide with every part as it is made now."""
    for part in PARTS:
        pattern = re.escape(BEGIN.format(part=part)) + ".*?" + re.escape(END.format(part=part))
        text = re.sub(pattern, made(part, language).replace("\\", r"\\"), text, flags=re.S)
    return text


if __name__ == "__main__":
    for tongue, path in GUIDES.items():
        path.write_text(filled(path.read_text(encoding="utf-8"), tongue), encoding="utf-8")
