"""What surrounds the processes and can fail: networks between machines, the disk below PostgreSQL, clocks."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Timer
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from campaign.cable import Cable
from campaign.disk import SmallDisk
from connector.local.servers import Urls
from connector.settings import variable

HOUR: Final = 3600
JUMPING: Final = Path(__file__).with_name("jumping")
MACHINES: Final = ("near", "far")
Later = Callable[[float, Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Two machines: `near` stands beside the servers, `far` reaches everything over cables. Each has a clock."""

    cables: Mapping[str, Cable]
    disk: SmallDisk
    home: Path

    def environment(self, machine: str) -> dict[str, str]:
        """Lets the clock of this machine's processes be moved."""
        return {"PYTHONPATH": str(JUMPING), "CAMPAIGN_CLOCK": str(self._clock(machine))}

    def far_urls(self, urls: Urls) -> dict[str, str]:
        """Where the far machine finds servers and partners."""
        given = urlsplit(urls.database)
        database = f"postgresql://{given.username}:{given.password}@127.0.0.1:{self.cables['database'].port}"
        found = {
            variable("database_url"): database + given.path,
            variable("broker_url"): f"redis://127.0.0.1:{self.cables['broker'].port}/0",
        }
        for partner in ("ministry", "province"):
            found[variable(f"{partner}_url")] = f"http://127.0.0.1:{self.cables[partner].port}"
        return found

    def cut(self, random: Random, later: Later) -> bool:
        return self._disturb("cut", random, later)

    def swallow(self, random: Random, later: Later) -> bool:
        return self._disturb("swallow", random, later)

    def _disturb(self, mode: str, random: Random, later: Later) -> bool:
        """One of the far machine's cables, for some seconds."""
        cable = self.cables[random.choice(sorted(self.cables))]
        if cable.mode != "pass":
            return False
        cable.turn("cut" if mode == "cut" else "swallow")
        later(random.uniform(3, 12), lambda: cable.turn("pass"))
        return True

    def fill_disk(self, random: Random) -> bool:
        if not self.disk.is_there:
            return False
        self.disk.fill()
        # By a clock of its own: whoever waits for the server to come up again must not wait for room as well.
        Timer(random.uniform(2, 6), self.disk.free).start()
        return True

    def jump(self, random: Random, later: Later) -> bool:
        """The clock of one machine or of both is an hour wrong for a while."""
        machines = random.choice((("near",), ("far",), MACHINES))
        ahead = random.choice((HOUR, -HOUR))
        self._set_clocks(machines, ahead)
        later(random.uniform(3, 12), lambda: self._set_clocks(machines, 0))
        return True

    def _set_clocks(self, machines: tuple[str, ...], ahead: int) -> None:
        for machine in machines:
            new = self._clock(machine).with_suffix(".new")
            new.write_text(str(ahead))
            new.replace(self._clock(machine))

    def _clock(self, machine: str) -> Path:
        return self.home / f"{machine}.clock"


@contextmanager
def surrounded(home: Path, urls: Urls, ports: Mapping[str, int], disk: SmallDisk) -> Iterator[Surroundings]:
    """The cables to both servers and both partners; they end with the block."""
    place = Path(unquote(parse_qs(urlsplit(urls.database).query)["host"][0]))
    targets: dict[str, int | Path] = {
        "database": place / ".s.PGSQL.5432",
        "broker": Path(unquote(urlsplit(urls.broker).path)),
        **ports,
    }
    with ExitStack() as stack:
        yield Surroundings({name: stack.enter_context(Cable(target)) for name, target in targets.items()}, disk, home)
