"""What the province lets read: the feed of events, dossiers, files."""

import base64
import secrets
import sqlite3

from connector.sandbox.calls import Call, Reply
from connector.sandbox.canon import compact
from connector.sandbox.forms import Breach
from connector.sandbox.province.answers import CURSOR, INVALID, NOTFOUND, Province, reply
from connector.sandbox.province.dossiers import Dossiers

_MOST = 500
_NAME = "feed"
_BROKEN = "broken pages"


class Feed:
    """Reading services."""

    def __init__(self, house: Province, dossiers: Dossiers) -> None:
        self._house, self._dossiers = house, dossiers

    def break_page(self, text: str) -> None:
        """Answer the next call with this text in place of a page."""
        self._house.store.remember(_BROKEN, [*(self._house.store.recall(_BROKEN) or []), text])

    # -- su-kien --------------------------------------------------------------------------------------------------

    def events(self, call: Call) -> Reply:
        asked = call.asked()
        size = asked.get("so_luong", "100")
        if not (size.isascii() and size.isdigit() and 1 <= int(size) <= _MOST):
            return reply(INVALID, [Breach(("so_luong",), "form")])
        cursor = asked.get("con_tro")
        with self._house.store.transaction():
            after = self._oldest() if cursor is None else self._place(cursor)
            if after is None:
                return reply(CURSOR)
            if broken := self._house.store.recall(_BROKEN):
                self._house.store.remember(_BROKEN, broken[1:])
                return Reply.text(broken[0])
            return self._page(after, int(size), cursor)

    def _page(self, after: int, size: int, cursor: str | None) -> Reply:
        rows = self._house.store.all(
            "SELECT n, raw, played FROM feed WHERE n > ? AND NOT moved ORDER BY n LIMIT ?", after, size
        )
        here = rows[-1]["n"] if rows else after
        rows = self._play(rows)
        more = self._house.store.one("SELECT 1 FROM feed WHERE n > ? AND NOT moved LIMIT 1", here) is not None
        following = cursor if cursor is not None and not rows else self._cursor(here)
        members = ",".join(row["raw"] for row in rows)
        return Reply.text(f'{{"DuLieu":[{members}],"ConTroTiep":"{following}","ConNua":{"true" if more else "false"}}}')

    def _play(self, rows: list[sqlite3.Row]) -> list[sqlite3.Row]:
        """Let the feed misbehave, once for each member: it comes again later, or it comes later instead of now.

        Both are written down, so that reading the same page again tells the same and nothing is ever left out.
        """
        dice, store = self._house.dice, self._house.store
        if not (dice.rates.get("feed-duplicated") or dice.rates.get("feed-reordered")):
            return rows
        kept = []
        for row in rows:
            if row["played"]:
                kept.append(row)
                continue
            later = len(rows) > 1 and dice.strikes("feed-reordered")
            if later or dice.strikes("feed-duplicated"):
                store.run("INSERT INTO feed (at, raw, played) SELECT at, raw, 1 FROM feed WHERE n = ?", row["n"])
                store.tally("fault", "feed-reordered" if later else "feed-duplicated")
            store.run("UPDATE feed SET played = 1, moved = ? WHERE n = ?", int(later), row["n"])
            if not later:
                kept.append(row)
        return kept

    def _oldest(self) -> int:
        """The place before the oldest event that is kept."""
        since = self._house.clock.now() - self._house.options.feed_days * 86400
        first = self._house.store.one("SELECT n FROM feed WHERE at >= ? ORDER BY n LIMIT 1", since)
        return int(first["n"]) - 1 if first else int(self._house.store.number("SELECT max(n) FROM feed"))

    def _feed_name(self) -> str:
        name = self._house.store.recall(_NAME)
        if name is None:
            name = secrets.token_hex(4)
            self._house.store.remember(_NAME, name)
        return str(name)

    def _cursor(self, after: int) -> str:
        return base64.urlsafe_b64encode(f"{self._feed_name()}:{after}".encode()).decode().rstrip("=")

    def _place(self, cursor: str) -> int | None:
        """The place that a cursor names; None when it is not this feed's, or behind what is kept."""
        try:
            name, _, place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
            after = int(place)
        except ValueError:
            return None
        known = name == self._feed_name() and self._cursor(after) == cursor
        in_reach = self._oldest() <= after <= self._house.store.number("SELECT max(n) FROM feed")
        return after if known and in_reach else None

    # -- ho-so, tep -----------------------------------------------------------------------------------------------

    def dossier(self, call: Call) -> Reply:
        row = self._dossiers.find(call.params["MaHoSo"])
        return reply(NOTFOUND) if row is None else Reply.text(compact(self._dossiers.newest(row)))

    def file(self, call: Call) -> Reply:
        row = self._house.store.one("SELECT content FROM file WHERE id = ?", call.params["TepDinhKemId"])
        if row is None:
            return reply(NOTFOUND)
        return Reply(200, bytes(row["content"]), (("Content-Type", "application/octet-stream"),))
