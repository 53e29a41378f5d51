"""One dossier as its page shows it: both sides' statuses, the dates it has to keep, its messages by route."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from connector.adapters import dossier_view, lanes
from connector.adapters.dossier_view import DossierView
from connector.adapters.views import MessageView
from connector.domain.message import Route
from schemas import province
from schemas.values import parse_instant


@dataclass(frozen=True, slots=True)
class Dates:
    """What the source says of a dossier's time; None where it says nothing that can be read."""

    received_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DossierPage:
    view: DossierView
    dates: Dates

    @property
    def routes(self) -> list[tuple[Route, list[MessageView]]]:
        """The messages by route, each in the order of its lane."""
        found = []
        for route in Route:
            mine = [one for one in self.view.messages if one.route is route]
            if mine:
                found.append((route, sorted(mine, key=lambda one: (one.version, one.seq))))
        return found

    @property
    def registered_on(self) -> date | None:
        return self.view.facts.result_day if self.view.facts else None

    @property
    def document_at(self) -> datetime | None:
        """When the province got the result with its document; None while it has none."""
        given = [m.delivered_at for m in self.view.messages if m.route is Route.RESULT and m.delivered_at]
        return max(given, default=None)


def look(db: Connection, code: str, areas: frozenset[str] | None) -> DossierPage | None:
    """The dossier, or the register entry; None when nothing is known of it inside these areas."""
    view = dossier_view.look(db, code, tuple(sorted(areas or ())))
    return None if view is None else DossierPage(view, _dates(db, view))


def _dates(db: Connection, view: DossierView) -> Dates:
    applications = [one for one in view.messages if one.route is Route.APPLICATION]
    if not applications:
        return Dates()
    newest = max(applications, key=lambda one: (one.version, one.seq)).message_id
    content = lanes.bodies(db, [newest]).get(newest)
    event, _ = province.DossierEvent.read(content) if content else (None, ())
    if event is None or event.dossier is None:
        return Dates()
    return Dates(_instant(event.dossier.received_at), _instant(event.dossier.due_at))


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_instant(text, province.INSTANT_FORMAT) if text else None
    except ValueError:
        return None
