"""The checks of `lienthong doctor`: each looks at one thing that this machine needs and says what to do about it."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from connector import wiring
from connector.adapters import broker, partners, revisions
from connector.adapters.accounts import has_admin
from connector.adapters.broker import BrokerAway
from connector.adapters.clock import shared_clock
from connector.adapters.database import DatabaseAway, make_engine
from connector.adapters.partners import Standing
from connector.cli.opening import database_url
from connector.cli.output import for_people
from connector.domain.errors import DeliveryError, Throttled, Unauthorised
from connector.domain.message import Partner
from connector.local.home import LocalError
from connector.local.servers import running_broker
from connector.settings import BadSettings, PartnerName, Settings, variable

LARGEST_SKEW: Final = timedelta(seconds=2)
LEAST_DISK: Final = 1 << 30
OLDEST_POSTGRES: Final = 15


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. `away` is set when the database could not be asked at all."""

    name: str
    ok: bool
    text: str
    away: bool = False


def checks(settings: Settings) -> Iterator[Check]:
    """Every check, one after the other; none stops the next. Settings that can be read have passed theirs."""
    yield Check("settings", True, f"đọc được / read; {variable('home')} {settings.home}")
    yield from _database_checks(settings)
    yield _broker_check(settings)
    yield partner_check("ministry", lambda: wiring.ministry(settings).check_access())
    yield partner_check("province", lambda: wiring.province(settings).check_access())
    yield _disk_check(settings)


def _database_checks(settings: Settings) -> Iterator[Check]:
    try:
        with _engine(settings) as engine, engine.connect() as db:
            yield _version_check(db)
            schema = revisions.look(db)
            yield _schema_check(schema)
            yield clock_check(_ahead(db))
            db.rollback()
            if schema.is_enough:
                yield breaker_check(partners.standing(db, shared_clock(engine, settings.clock)()))
                yield console_check(settings, has_admin(db))
            db.rollback()
            if settings.clock is not None and schema.is_enough:
                own = for_people(shared_clock(engine, settings.clock)())
                yield Check("own clock", True, f"{variable('clock')}: đang là / it is {own}, not the real time")
    except (DatabaseAway, LocalError) as error:
        yield Check("database", False, str(error), away=True)
    except SQLAlchemyError as error:
        kind = type(error).__name__
        yield Check(
            "database",
            False,
            f"không nối được / cannot be reached ({kind}); is it running, is {variable('database_url')} right?",
            away=True,
        )


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = make_engine(database_url(settings), pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()


def _version_check(db: Connection) -> Check:
    number = int(db.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if number < OLDEST_POSTGRES:
        return Check("database", False, f"PostgreSQL {number}; cần từ / needed: {OLDEST_POSTGRES} or newer")
    return Check("database", True, f"PostgreSQL {number}, nối được / reachable")


def _schema_check(schema: revisions.SchemaState) -> Check:
    if not schema.is_enough:
        found = schema.found or "không có / none"
        return Check("schema", False, f"{found}, cần / needed: {schema.wanted}; run: lienthong migrate")
    newer = f", mới hơn bản này / newer than this version's {schema.wanted}" if schema.is_newer else ""
    return Check("schema", True, f"{schema.found}{newer}")


def breaker_check(standing: Mapping[Partner, Standing]) -> Check:
    """Whether anything may go to both partners, as the workers found it."""
    closed = [_closed(partner, how) for partner, how in standing.items() if how.breaker != "closed"]
    if closed:
        return Check("breakers", False, "; ".join(closed))
    return Check("breakers", True, "đang mở / nothing keeps deliveries back")


def _closed(partner: Partner, how: Standing) -> str:
    until = for_people(how.until) or "lượt thử / the next probe"
    said = f"{partner}: tạm ngừng đến / paused until {until}: {how.why}"
    if how.why == Unauthorised.outcome:
        names = f"{variable(f'{partner}_client_id')}, {variable(f'{partner}_client_secret')}"
        said += (
            f"; đối tác không chấp nhận / the partner does not accept us: check {names} and our address; "
            "it goes on by itself once a call is accepted"
        )
    return said


def _ahead(db: Connection) -> timedelta:
    """How far the database's clock is ahead of this machine's, the way there and back taken as equally long."""
    before = datetime.now(UTC)
    theirs: datetime = db.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = datetime.now(UTC)
    return theirs - (before + (after - before) / 2)


def clock_check(ahead: timedelta) -> Check:
    """`ahead`: how far the database's clock is before this machine's."""
    seconds = f"{ahead.total_seconds():+.1f} s"
    if abs(ahead) > LARGEST_SKEW:
        return Check("clocks", False, f"đồng hồ lệch / the database's clock differs by {seconds}; set both by NTP")
    return Check("clocks", True, f"đồng hồ khớp / the database's clock differs by {seconds}")


def console_check(settings: Settings, has_admin: bool) -> Check:
    """How the console is reached, and whether somebody manages its accounts."""
    where = settings.console_url or f"http://{settings.console_bind}"
    if not where.startswith("https://") and not _is_here_only(settings.console_bind.host):
        return Check(
            "console",
            False,
            f"{where}: mật khẩu đi qua mạng không mã hóa / passwords would cross the network unencrypted; put a proxy "
            f"with https before it and set {variable('console_url')}",
        )
    if not has_admin:
        return Check(
            "console", True, f"{where}; chưa có quản trị viên / no administrator yet: lienthong console prints a link"
        )
    return Check("console", True, where)


def _is_here_only(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _broker_check(settings: Settings) -> Check:
    try:
        url = settings.broker_url.get_secret_value() if settings.broker_url else running_broker(settings.home)
        if url is None:
            return Check(
                "broker",
                False,
                f"không có / none runs in {settings.home}; set {variable('broker_url')} or start: lienthong up",
            )
        return Check("broker", True, broker.ping(url))
    except BrokerAway as error:
        return Check(
            "broker", False, f"không nối được / cannot be reached ({error}); is {variable('broker_url')} right?"
        )
    except LocalError as error:
        return Check("broker", False, str(error))


def partner_check(name: PartnerName, ask: Callable[[], None]) -> Check:
    """Whether `ask`, which fetches a fresh token, gets through; what its error means for whoever runs this machine."""
    try:
        ask()
    except BadSettings as error:
        return Check(name, False, "; ".join(error.faults))
    except Unauthorised as error:
        names = f"{variable(f'{name}_client_id')}, {variable(f'{name}_client_secret')}"
        return Check(name, False, f"không chấp nhận / does not accept us ({error.code}); check {names} and our address")
    except Throttled as error:
        return Check(name, False, f"yêu cầu chờ / asks for patience ({error.code}); try again later")
    except DeliveryError as error:
        return Check(
            name,
            False,
            f"không nối được / cannot be reached ({error.code}: {error.text}); check {variable(f'{name}_url')}",
        )
    return Check(name, True, "nối được, chấp nhận / reachable, gave us a fresh token")


def _disk_check(settings: Settings) -> Check:
    """The home may not be there yet: then where it would be made."""
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    said = f"{place}: còn / free {free / (1 << 30):.1f} GiB"
    return Check("disk", True, said) if free >= LEAST_DISK else Check("disk", False, f"{said}; cần / needed: 1 GiB")
