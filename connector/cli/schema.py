"""`lienthong migrate`: the database's tables."""

import typer

from connector import settings
from connector.adapters.database import migrate as bring_up_to_date
from connector.cli.opening import database_url
from connector.cli.output import write_line


def register(app: typer.Typer) -> None:
    app.command()(migrate)


def migrate() -> None:
    """Tạo hoặc nâng cấp bảng dữ liệu / the database schema; safe to run from several machines at once."""
    revision = bring_up_to_date(database_url(settings.load()))
    write_line(f"lược đồ / schema: {revision}")
