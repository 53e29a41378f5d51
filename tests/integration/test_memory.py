"""Memory has bounds: however many large files are on the way, and however long a register's past is."""

import gc
import hashlib
import json
import os
import re
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from connector.adapters.clock import system_clock
from connector.adapters.database import make_engine
from connector.adapters.ministry import Ministry
from connector.domain.message import Route, State
from connector.intake.registers import RegisterIntake
from schemas.ministry import INSTANT_FORMAT, EntryHead
from schemas.values import VIETNAM
from tests import bodies
from tests.integration.register_books import enter, marriage
from tests.partners import wait_for
from tests.roles import Role, Roles
from tests.servers import TestServers
from tests.world import Event, Stage

NEW = Route.APPLICATION
MEGABYTE = 1 << 20
LARGEST = 10 * MEGABYTE  # a file of the province (its contract)
FILES_EACH = 3
DOSSIERS = 8
# Room for files is 48 MB. Each byte of it is there as it came, in base64, and in the submission as text and as bytes.
MOST = 6 * 48 * MEGABYTE


def with_large_files(serial: int, content: bytes) -> Event:
    file = {
        "TepDinhKemId": "large",
        "TenTepDinhKem": "to-khai.pdf",
        "LoaiGiayTo": 1,
        "TenGiayTo": "Tờ khai",
        "MaBam": hashlib.sha256(content).hexdigest(),
        "KichThuoc": len(content),
    }
    return bodies.event(bodies.code(serial), TaiLieuNop=[file] * FILES_EACH)


def of_children(role: Role, file: str, name: str) -> int:
    """The largest value that a file of /proc shows for one of the worker's processes, in bytes."""
    found = [0]
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and role.has_process(int(directory.name)):
            said = re.search(rf"^{name}:\s*(\d+)( kB)?$", (directory / file).read_text(), re.MULTILINE)
            if said:
                found.append(int(said[1]) * (1024 if said[2] else 1))
    return max(found)


@pytest.mark.timeout(240)
def test_large_files_on_their_way_take_bounded_memory_and_leave_nothing_anywhere(
    world: Stage, broker: str, tmp_path: Path
) -> None:
    content = b"%PDF-1.7 " + os.urandom(LARGEST - 9)
    with Roles(world, broker, tmp_path) as roles:
        roles.start("beat")
        worker = roles.start("worker", LIENTHONG_CONCURRENCY="1", LIENTHONG_HTTP_TIMEOUT="20s")
        wait_for(lambda: worker.says("ready."), 60)
        world.province.add_events([bodies.event(bodies.code(90))])
        wait_for(lambda: world.states(NEW) == [State.DELIVERED], 60)
        before = of_children(worker, "status", "VmHWM")
        written = of_children(worker, "io", "write_bytes")

        world.province.add_events([with_large_files(serial, content) for serial in range(DOSSIERS)], {"large": content})
        wait_for(lambda: world.states(NEW).count(State.DELIVERED) == DOSSIERS + 1, 150)

        peak = of_children(worker, "status", "VmHWM") - before
        on_disk = of_children(worker, "io", "write_bytes") - written
    print(f"{DOSSIERS * FILES_EACH * LARGEST / MEGABYTE:.0f} MB of files, {peak / MEGABYTE:.0f} MB of memory more")
    assert peak < MOST
    assert on_disk < MEGABYTE, "nothing of a file is written to a disk"
    assert world.row("SELECT max(octet_length(content)) AS n FROM body").n < 100_000
    assert world.row("SELECT pg_database_size(current_database()) AS n").n < 40 * MEGABYTE


class Years:
    """A ministry whose register has so many entries, evenly over twelve years; each is made when it is asked for."""

    def __init__(self, pattern: dict[str, Any], count: int) -> None:
        self._pattern, self._count = pattern, count
        self._first = datetime(2014, 1, 1, tzinfo=UTC)
        self._step = timedelta(days=12 * 365) / count
        self.largest_question = 0

    def entries(
        self, procedure: str, since: datetime, until: datetime, page: int, size: int, on: datetime
    ) -> tuple[int, list[bytes]]:
        numbers = range(
            max(0, -((self._first - since) // self._step)), min(self._count, -((self._first - until) // self._step))
        )
        return len(numbers), [self._entry(n, short=True) for n in numbers[(page - 1) * size : page * size]]

    def full_entries(self, procedure: str, ids: Sequence[int], on: datetime) -> list[bytes]:
        self.largest_question = max(self.largest_question, len(ids))
        return [self._entry(number - 1) for number in ids]

    def _entry(self, number: int, *, short: bool = False) -> bytes:
        changed = (self._first + number * self._step).astimezone(VIETNAM).strftime(INSTANT_FORMAT)
        own = {"id": number + 1, "so": str(number + 1), "ngayCapNhat": changed, "phienBan": 1}
        entry = {**self._pattern, **own}
        names = {name for field in EntryHead.model_fields if (name := EntryHead.member(field))}
        return json.dumps({k: v for k, v in entry.items() if k in names} if short else entry).encode()


def first_run(database: str, years: Years) -> int:
    """The most memory that Python held while a register was read from its beginning, in bytes."""
    engine = make_engine(database, pool_size=1)
    intake = RegisterIntake(
        engine,
        cast(Ministry, years),
        now=system_clock,
        poll_interval=timedelta(hours=1),
        lease=timedelta(minutes=2),
        first_day=date(2014, 1, 1),
        worker="test",
    )
    gc.collect()
    tracemalloc.start()
    try:
        report = intake.read("marriage", budget=timedelta(minutes=3))
        assert (report.error, report.late) == (None, 0)
        assert report.taken + report.invalid == years._count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        engine.dispose()


@pytest.mark.timeout(240)
def test_a_first_run_over_many_years_holds_a_few_pages_of_them_at_a_time(world: Stage, servers: TestServers) -> None:
    [made] = enter(world, marriage())
    [raw] = world.connector.ministry.full_entries("marriage", [made], world.clock())
    years = Years(json.loads(raw), 5_000)
    with servers.database() as database:
        first_run(database, Years(json.loads(raw), 100))  # the first of all fills caches
    with servers.database() as database:
        peak = first_run(database, years)

    everything = 5_000 * len(raw)
    print(f"{everything / MEGABYTE:.1f} MB of entries, {peak / MEGABYTE:.1f} MB of memory at most")
    assert peak < everything / 2
    assert years.largest_question == 100
