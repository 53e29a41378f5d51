"""`lienthong rollout readiness` and `contact`: whether an area is ready, and whom to call there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Engine

from connector import settings
from connector.adapters import readiness as rows
from connector.cli import filters
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.opening import ledger_engine
from connector.cli.operator import operator
from connector.cli.output import AsJson, for_people, instant, write_json, write_line, write_table
from connector.cli.rollout_words import AreaArgument, area_of
from connector.domain.rollout import PROCEDURES, Mode
from connector.rollout.readiness import ByHand, Criterion, Readiness, Thresholds, look
from connector.rollout.shadow import Shadow
from connector.settings import Settings

BUDGET: Final = timedelta(seconds=10)
FIELDS_SHOWN: Final = 10

NAMES: Final[Mapping[str, str]] = {
    "valid": "hồ sơ hợp lệ / valid dossiers",
    "compared": "đã đối chiếu / entries compared",
    "matching": "khớp với nhập tay / entries that say the same",
    "decided": "quyết định như ta kiểm / decided as our checks say",
    "causes": "nguyên nhân còn mở / causes still open",
    "partners": "các đối tác / partners",
    "contact": "đầu mối / whom to call",
}


def readiness(
    area: AreaArgument,
    procedure: filters.OneProcedure = None,
    since: filters.Since = None,
    as_json: AsJson = False,
) -> None:
    """Mức sẵn sàng / what would have been sent, what not and why, and how it compares with what clerks entered by hand.

    By default since shadow began, at least the last seven days. Exit 1 when the area is not ready.
    """
    given = settings.load()
    with ledger_engine(given) as (engine, now):
        place = area_of(area, now)
        Shadow(engine, now=lambda: now).look(budget=BUDGET)
        procedures = PROCEDURES if procedure is None else (procedure.value,)
        begun = since.resolved(now) if since else None
        with engine.begin() as db:
            found = look(db, place.slug, procedures, thresholds(given), now=now, since=begun)
    if as_json:
        write_json(as_document(found))
    else:
        _write(found)
    if not found.ready:
        raise typer.Exit(NEEDS_ATTENTION)


def contact(
    area: AreaArgument,
    who: Annotated[str, typer.Argument(metavar="TEXT", help="Đầu mối / whom to call there, and how.")],
) -> None:
    """Đầu mối của địa bàn / names whom to call in an area; it is one of the things that readiness asks for."""
    if not who.strip():
        raise typer.BadParameter("somebody has to be named", param_hint="'TEXT'")
    with ledger_engine(settings.load()) as (engine, now), engine.begin() as db:
        rows.name_contact(db, area_of(area, now).slug, who.strip(), now=now, by=operator())
    write_line(f"{area}: {who.strip()}")


def short_of(
    engine: Engine, area: str, procedures: tuple[Any, ...], given: Settings, now: Any
) -> tuple[Criterion, ...]:
    """What an area in shadow lacks to be opened; nothing of one that was never in shadow."""
    with engine.begin() as db:
        found = look(db, area, procedures, thresholds(given), now=now)
    return found.short_of if Mode.SHADOW in found.modes.values() else ()


def thresholds(given: Settings) -> Thresholds:
    return Thresholds(
        valid=given.ready_valid / 100,
        matching=given.ready_matching / 100,
        compared=given.ready_compared,
        causes=given.ready_causes,
    )


def in_words(criteria: tuple[Criterion, ...]) -> list[str]:
    """One line for each criterion."""
    return [f"{NAMES[one.name]}: {one.found} (cần / wanted {one.wanted})" for one in criteria]


def as_document(found: Readiness) -> dict[str, Any]:
    """The JSON of `rollout readiness`: numbers, and no value of anybody's form."""
    compared, hand = found.comparison, found.by_hand
    return {
        "area": found.area,
        "modes": dict(found.modes),
        "since": instant(found.since),
        "recommendation": "ready" if found.ready else "not-ready",
        "criteria": [
            {"name": one.name, "found": one.found, "wanted": one.wanted, "met": one.met} for one in found.criteria
        ],
        "dossiers": found.intake.taken,
        "valid": found.intake.valid,
        "invalid": dict(found.intake.causes),
        "would_have_gone": found.sendable,
        "not_mapped": dict(found.faults),
        "entries": compared.entries,
        "entries_found": {"code": compared.by_code, "people": compared.by_people},
        "compared": compared.compared,
        "agreeing": compared.agreeing,
        "cosmetic_only": compared.cosmetic,
        "fields": [
            {"name": one.name, "same": one.same, "cosmetic": one.cosmetic, "legal": one.legal, "rate": one.rate}
            for one in compared.fields
        ],
        "by_hand": {
            "asked": hand.asked,
            "known": hand.known,
            "states": {str(state): number for state, number in hand.states.items()},
            "refused_though_valid": hand.refused,
            "done_though_invalid": hand.done,
        },
        "contact": found.contact,
    }


def _write(found: Readiness) -> None:
    compared = found.comparison
    modes = ", ".join(f"{one}: {mode}" for one, mode in found.modes.items())
    write_line(f"{found.area} ({modes}), từ / since {for_people(found.since)}")
    write_line(
        f"hồ sơ / dossiers {found.intake.taken}, hợp lệ / valid {found.intake.valid}, "
        f"lẽ ra đã gửi / would have gone {found.sendable}"
    )
    causes = {**found.intake.causes, **{f"CONTRACT {place}": number for place, number in found.faults.items()}}
    write_table(["không gửi được vì / not sent because of", "số / number"], causes.items(), numbers=(1,))
    write_line(
        f"\nbản ghi sổ / register entries {compared.entries}, có hồ sơ / of a dossier here "
        f"{compared.by_code + compared.by_people}, đã đối chiếu / compared {compared.compared}, "
        f"khớp / agreeing {compared.agreeing} (khác cách viết / spelled otherwise {compared.cosmetic})"
    )
    write_table(
        ["trường / field", "khớp / rate", "khác cách viết / cosmetic", "khác / legal"],
        [(one.name, f"{100 * one.rate:.1f}%", one.cosmetic, one.legal) for one in compared.fields[:FIELDS_SHOWN]],
        numbers=(1, 2, 3),
    )
    _write_states(found.by_hand)
    write_line()
    for one, line in zip(found.criteria, in_words(found.criteria), strict=True):
        write_line(f"{'+' if one.met else '!'} {line}")
    write_line(f"khuyến nghị / recommendation: {'mở được / ready' if found.ready else 'chưa / not ready'}")


def _write_states(hand: ByHand) -> None:
    states = ", ".join(f"{state}: {number}" for state, number in hand.states.items()) or "-"
    write_line(
        f"\nđã hỏi Bộ / asked about {hand.asked}, Bộ có do nhập tay / there by hand {hand.known} "
        f"(trạng thái / states {states})"
    )
    write_line(
        f"bị từ chối dù hợp lệ / refused there though valid {hand.refused}, "
        f"đã đăng ký dù không hợp lệ / registered there though invalid {hand.done}"
    )
