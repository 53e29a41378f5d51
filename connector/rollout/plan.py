"""The plan of a rollout as a file: who opens which area when, and why. The last step that is due says how an area is to
be."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from connector.domain import units
from connector.domain.rollout import LATEST_YEAR, PROCEDURES, Mode, Modes
from connector.rollout.changes import Fate, Wish
from schemas.values import VIETNAM, Procedure

ALL: Final = "all"
_KEYS: Final = frozenset({"area", "procedure", "mode", "why", "who", "when", "until", "backlog"})


class BadPlan(Exception):
    """The file is no plan. `faults` has a line for each fault; nothing was changed."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the plan. Without `when` it is due at once; `who` decided it, if not whoever applies the plan."""

    area: str
    procedures: tuple[Procedure, ...]
    mode: Mode
    why: str
    who: str | None = None
    when: datetime | None = None
    until: datetime | None = None
    backlog: Fate | None = None

    def wish(self, procedure: Procedure, by: str) -> Wish:
        """The change that it asks for."""
        who = f" (quyết định / decided by {self.who})" if self.who and self.who != by else ""
        return Wish(
            area=self.area,
            procedures=(procedure,),
            mode=self.mode,
            by=by,
            why=f"{self.why}{who}",
            fate=self.backlog or Fate.SEND,
            until=self.until,
        )


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a plan comes to now: changes to make, what is so already, and what comes later."""

    due: tuple[tuple[Step, Procedure], ...]
    done: tuple[tuple[Step, Procedure], ...]
    later: tuple[tuple[Step, Procedure], ...]


def read(text: str) -> list[Step]:
    """The steps of a file. Raises BadPlan with all its faults."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPlan([f"no TOML: {error}"]) from None
    items = document.get("step")
    if not isinstance(items, list) or not items:
        raise BadPlan(["a plan has one [[step]] or more"])
    faults: list[str] = []
    steps = []
    for number, item in enumerate(items, start=1):
        try:
            steps.append(_step(item))
        except ValueError as error:
            faults.append(f"step {number}: {error}")
    if faults:
        raise BadPlan(faults)
    return steps


def sort(steps: Iterable[Step], modes: Modes, now: datetime) -> Sorted:
    """Which steps are to be made now. Of several for one area and procedure, the last that is due counts."""
    wanted: dict[tuple[str, Procedure], Step] = {}
    later = []
    lines = [(step, procedure) for step in steps for procedure in step.procedures]
    for step, procedure in sorted(lines, key=lambda line: line[0].when or datetime.min.replace(tzinfo=VIETNAM)):
        if step.when is not None and step.when > now:
            later.append((step, procedure))
        else:
            wanted[step.area, procedure] = step
    due: list[tuple[Step, Procedure]] = []
    done: list[tuple[Step, Procedure]] = []
    for (area, procedure), step in wanted.items():
        rule = modes.rules.get((area, procedure))
        is_so = rule is not None and (rule.mode, rule.until) == (step.mode, step.until)
        over = step.until is not None and step.until <= now
        (done if is_so or over else due).append((step, procedure))
    return Sorted(tuple(due), tuple(done), tuple(later))


def write(modes: Modes) -> str:
    """The rules that hold, as a plan that would make them."""
    lines = ["# Kế hoạch triển khai / the plan of a rollout. lienthong rollout apply FILE --dry-run"]
    for rule in sorted(modes.rules.values(), key=lambda rule: (rule.since, rule.change)):
        lines += ["", "[[step]]", *_pairs(rule)]
    return "\n".join(lines) + "\n"


def _pairs(rule: Any) -> Iterator[str]:
    for key, value in (
        ("area", rule.area),
        ("procedure", rule.procedure),
        ("mode", rule.mode.value),
        ("why", rule.why),
        ("who", rule.by),
    ):
        yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    yield f"when = {rule.since.astimezone(VIETNAM).isoformat()}"
    if rule.until is not None:
        yield f"until = {rule.until.astimezone(VIETNAM).isoformat()}"


def _step(item: Any) -> Step:
    if not isinstance(item, dict) or item.keys() - _KEYS:
        raise ValueError(f"expected {', '.join(sorted(_KEYS))} and nothing else")
    area = units.area(str(item.get("area")))
    if area is None:
        raise ValueError("area: expected the slug of an area, such as long-xuyen")
    procedure = item.get("procedure", ALL)
    if procedure not in (*PROCEDURES, ALL):
        raise ValueError("procedure: expected marriage, death or all")
    mode = next((mode for mode in Mode if mode == item.get("mode")), None)
    if mode is None:
        raise ValueError(f"mode: expected {', '.join(Mode)}")
    why = item.get("why")
    if not isinstance(why, str) or not why.strip():
        raise ValueError("why: a reason is needed")
    backlog = item.get("backlog")
    if backlog is not None and (backlog not in tuple(Fate) or mode is not Mode.LIVE):
        raise ValueError("backlog: expected send or skip, of an area that is opened")
    return Step(
        area=area.slug,
        procedures=PROCEDURES if procedure == ALL else (procedure,),
        mode=mode,
        why=why.strip(),
        who=_text(item, "who"),
        when=_instant(item, "when"),
        until=_instant(item, "until"),
        backlog=Fate(backlog) if backlog else None,
    )


def _text(item: dict[str, Any], key: str) -> str | None:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key}: expected a text")
    return value


def _instant(item: dict[str, Any], key: str) -> datetime | None:
    value = item.get(key)
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ValueError(f"{key}: expected an instant such as 2023-06-01T08:00:00+07:00")
    if value.year > LATEST_YEAR:
        raise ValueError(f"{key}: expected an instant before the end of the year {LATEST_YEAR}")
    return value if value.tzinfo else value.replace(tzinfo=VIETNAM)
