"""`lienthong causes`: why messages stopped, and what to do about it."""

from typing import Any

import typer

from connector import settings
from connector.adapters import causes
from connector.cli.opening import ledger
from connector.cli.output import AsJson, for_people, instant, write_json, write_line, write_table
from connector.domain.advice import advice_for
from connector.domain.causes import Cause


def register(app: typer.Typer) -> None:
    app.command("causes")(list_causes)


def list_causes(as_json: AsJson = False) -> None:
    """Nguyên nhân / causes of messages that stopped, the largest first, each with what to do."""
    with ledger(settings.load()) as look:
        found = causes.groups(look.db)
    if as_json:
        write_json({"causes": [cause_document(cause) for cause in found]})
        return
    write_table(
        ["số / count", "tuyến / route", "mã / code", "chỗ / at", "giá trị / value", "lần đầu / first", "id"],
        [
            (c.count, c.key.route, c.key.code, c.key.pointer, c.key.label, for_people(c.first_seen), c.key.cause_id)
            for c in found
        ],
        numbers=(0,),
    )
    for code in dict.fromkeys(cause.key.code for cause in found):
        advice = advice_for(code)
        write_line(f"{code}: {advice.vi} / {advice.en}")


def cause_document(cause: Cause) -> dict[str, Any]:
    """The JSON of a cause."""
    advice = advice_for(cause.key.code)
    return {
        "cause": cause.key.cause_id,
        "route": cause.key.route,
        "code": cause.key.code,
        "pointer": cause.key.pointer or None,
        "value": cause.key.label or None,
        "count": cause.count,
        "states": dict(cause.states),
        "first_seen": instant(cause.first_seen),
        "last_seen": instant(cause.last_seen),
        "advice": {"vi": advice.vi, "en": advice.en},
    }
