"""The simulated ministry put together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from connector.sandbox.calls import Reply, Route
from connector.sandbox.house import House
from connector.sandbox.ministry.answers import SYSTEM_BUSY, denied, gateway_fault
from connector.sandbox.ministry.applications import Applications
from connector.sandbox.ministry.desk import Desk
from connector.sandbox.ministry.officers import Officers
from connector.sandbox.ministry.panel import Panel
from connector.sandbox.ministry.registers import Registers
from connector.sandbox.ministry.tables import SCHEMA
from connector.sandbox.options import MinistryOptions


class MinistryPartner:
    """One ministry over one store."""

    token_path = "/token"

    def __init__(self, path: Path, settings: Mapping[str, object] | None = None, start: datetime | None = None) -> None:
        self.house: House[MinistryOptions] = House("ministry", path, SCHEMA, settings, start)
        registers = Registers(self.house)
        desk = Desk(self.house, registers)
        applications = Applications(self.house, desk)
        self.work = Officers(self.house, desk).work
        self.services: Sequence[Route] = [
            Route("POST", f"/hotich/1.0/{name}", handle)
            for name, handle in {
                "nhanHoSoDKHT": applications.receive,
                "rutHoSo": applications.withdraw,
                "layKetQua": applications.report,
                "dsHoSoDangKy": registers.listed,
                "traDanhSachHoSo": registers.in_full,
                "danhMuc": registers.catalogue,
            }.items()
        ]
        self.panel = Panel(self.house, desk, registers)

    def unauthorised(self) -> Reply:
        return gateway_fault(401, "900901", "Invalid Credentials")

    def forbidden(self) -> Reply:
        return gateway_fault(403, "900908", "Resource forbidden")

    def busy(self) -> Reply:
        return denied(self.house, SYSTEM_BUSY)
