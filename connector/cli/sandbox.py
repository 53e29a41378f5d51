"""`lienthong sandbox`: one simulated partner, for a trial without the real ones."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from connector import settings
from connector.cli.endings import WRONG_USAGE
from connector.cli.output import say
from connector.sandbox.serve import serve
from connector.setting_types import Bind, read_bind, read_duration
from connector.settings import Settings

DEFAULT_BIND: Final = {"ministry": "127.0.0.1:8801", "province": "127.0.0.1:8802"}
# Whoever tries the sandbox by hand need not invent credentials; they open nothing but it.
CLIENT_ID: Final = "lienthong"
CLIENT_SECRET: Final = "sandbox"


class PartnerName(StrEnum):
    MINISTRY = "ministry"
    PROVINCE = "province"


class Faults(StrEnum):
    CALM = "calm"
    ROUGH = "rough"


def register(app: typer.Typer) -> None:
    app.command()(sandbox)


def read_pace(text: str) -> float:
    """Seconds of a duration such as `500ms`."""
    try:
        return read_duration(text).total_seconds()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def read_address(text: str) -> Bind:
    """HOST:PORT."""
    try:
        return read_bind(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Address = Annotated[
    Bind | None,
    typer.Option(parser=read_address, metavar="HOST:PORT", help="Địa chỉ / default 127.0.0.1:8801 and :8802."),
]
Store = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Tệp SQLite / default LIENTHONG_HOME/sandbox/PARTNER.db.")
]
Pace = Annotated[
    float | None,
    typer.Option(parser=read_pace, metavar="DURATION", help="Nhịp / between two steps of a dossier, as 500ms."),
]
ReadyFile = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Ghi địa chỉ / the URL is written there once it answers.")
]


def sandbox(
    partner: Annotated[PartnerName, typer.Argument(help="Đối tác / which partner.")],
    bind: Address = None,
    store: Store = None,
    faults: Annotated[Faults, typer.Option(help="Sự cố giả lập / how the partner behaves.")] = Faults.CALM,
    seed: Annotated[int, typer.Option(help="Số gieo / the same seed, the same chances.")] = 1,
    pace: Pace = None,
    ready_file: ReadyFile = None,
) -> None:
    """Một đối tác giả lập / one simulated partner, until Ctrl-C or SIGTERM.

    It takes the partner's LIENTHONG_*_CLIENT_ID and _CLIENT_SECRET; without them lienthong and sandbox.
    """
    given = settings.load()
    client_id, secret = _credentials(given, partner)
    path = store or given.home / "sandbox" / f"{partner.value}.db"
    address = str(bind or DEFAULT_BIND[partner.value])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        serve(
            partner.value,
            address,
            path,
            client_id=client_id,
            client_secret=secret,
            settings={"faults": faults.value, "seed": seed, **({} if pace is None else {"pace": pace})},
            clock_start=given.clock,
            ready_file=ready_file,
        )
    except OSError as error:
        why = error.strerror or type(error).__name__
        say(f"không mở được / cannot serve at {address} from {path} ({why}); choose another --bind or --store")
        raise typer.Exit(WRONG_USAGE) from None


def _credentials(given: Settings, partner: PartnerName) -> tuple[str, str]:
    known = given.ministry if partner is PartnerName.MINISTRY else given.province
    return (known.client_id, known.client_secret.get_secret_value()) if known else (CLIENT_ID, CLIENT_SECRET)
