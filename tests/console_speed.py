"""`python -m tests.console_speed [ROWS]` measures every page of the console over a ledger with a million messages.

It prints the median of five answers of each page in milliseconds, and ends with 1 when one takes more than 200.
"""

import statistics
import sys
import time
from typing import Final

from sqlalchemy import text

from connector.domain.rights import Role
from tests.consoles import Browser, RunningConsole, console_over
from tests.scene import NOW, Scene, code, scene_in
from tests.screenshots import a_job, pages
from tests.servers import TestServers

ROWS: Final = 1_000_000
LIMIT_MS: Final = 200
LOOKS: Final = 5
_FILL: Final = (
    """
    INSERT INTO message (id, route, procedure, subject, version, area, state, source_key, created_at, updated_at,
                         delivered_at)
    SELECT gen_random_uuid(), route, procedure, 'H01.129-' || n, 1, area, state, int4send(n),
           created_at - n * interval '1 second', updated_at, delivered_at
    FROM (SELECT * FROM message WHERE state = 'delivered' LIMIT 1) AS one, generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO attempt (message_id, at, outcome, counted, maybe_done, duration_ms)
    SELECT id, created_at, 'delivered', true, false, 90 FROM message WHERE subject LIKE 'H01.129-_%' AND version = 1
    """,
    """
    INSERT INTO history (message_id, at, move, became, by)
    SELECT id, created_at, 'take_in', 'ready', 'x' FROM message
    """,
)


def fill(scene: Scene, rows: int) -> None:
    with scene.engine.begin() as db:
        db.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in _FILL:
            db.execute(text(statement), {"rows": rows} if ":rows" in statement else {})
    with scene.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("SET statement_timeout = 0"))
        db.execute(text("VACUUM ANALYZE"))


def timed(browser: Browser, path: str) -> float:
    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        answer = browser.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return statistics.median(took)


def measured(console: RunningConsole, scene: Scene) -> dict[str, float]:
    browser = console.logged_in("lan", Role.ADMIN)
    wanted = dict(pages(console, a_job(console, scene)))
    wanted |= {
        "now": "/today/now",
        "messages, all": "/messages",
        "messages, a page back": "/messages?after=500000",
        "messages, delivered": "/messages?state=delivered&route=application",
        "messages, by area": "/messages?area=chau-doc",
        "messages, by dossier": f"/messages?dossier={code(7)}",
        "messages, live": "/messages/live?newest=1&shown=1,2,3",
    }
    return {name: timed(browser, path) for name, path in wanted.items()}


def main(rows: int) -> int:
    with TestServers() as servers, servers.database() as database, scene_in(database) as scene:
        scene.everything()
        fill(scene, rows)
        with console_over(database) as console:
            console.clock.passes(NOW - console.clock())
            found = measured(console, scene)
    for name, milliseconds in sorted(found.items(), key=lambda one: -one[1]):
        print(f"{milliseconds:7.0f} ms  {name}")
    return int(max(found.values()) > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
