"""The simulated province put together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from connector.sandbox.calls import Reply, Route
from connector.sandbox.house import House
from connector.sandbox.options import ProvinceOptions
from connector.sandbox.province.answers import BUSY, reply
from connector.sandbox.province.citizens import Citizens
from connector.sandbox.province.dossiers import Dossiers
from connector.sandbox.province.feed import Feed
from connector.sandbox.province.panel import Panel
from connector.sandbox.province.registers import Registers
from connector.sandbox.province.requests import Requests
from connector.sandbox.province.tables import SCHEMA
from connector.sandbox.province.writes import Writes

_BASE = "/apitthc/v1"


class ProvincePartner:
    """One province over one store."""

    token_path = "/oauth2/token"

    def __init__(self, path: Path, settings: Mapping[str, object] | None = None, start: datetime | None = None) -> None:
        self.house: House[ProvinceOptions] = House("province", path, SCHEMA, settings, start)
        dossiers, requests = Dossiers(self.house), Requests()
        feed = Feed(self.house, dossiers)
        writes = Writes(self.house, dossiers, requests)
        registers = Registers(self.house, requests)
        citizens = Citizens(self.house, dossiers)
        self.work = citizens.work
        self.services: Sequence[Route] = [
            Route("GET", f"{_BASE}/su-kien", feed.events),
            Route("GET", f"{_BASE}/ho-so/{{MaHoSo}}", feed.dossier),
            Route("GET", f"{_BASE}/tep/{{TepDinhKemId}}", feed.file),
            Route("POST", f"{_BASE}/tien-do", writes.progress),
            Route("PUT", f"{_BASE}/ho-so/{{MaHoSo}}/ket-qua", writes.result),
            Route("PUT", f"{_BASE}/so-ho-tich/{{MaBanGhi}}/phien-ban/{{PhienBan}}", registers.hold),
            Route("POST", f"{_BASE}/so-ho-tich/doi-soat", registers.compare),
        ]
        self.panel = Panel(self.house, dossiers, feed, citizens)

    def unauthorised(self) -> Reply:
        return Reply(401, b"", (("WWW-Authenticate", "Bearer"),))

    def forbidden(self) -> Reply:
        return Reply(403)

    def busy(self) -> Reply:
        return reply(BUSY)
