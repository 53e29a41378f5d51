"""Which revision of the schema a database has, compared with the one this program brings along."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class SchemaState:
    """`found`: the database's revision, None without a schema. `wanted`: this program's."""

    found: str | None
    wanted: str
    is_newer: bool

    @property
    def is_enough(self) -> bool:
        """A newer schema is: a program has to live with the next one while machines are changed one by one."""
        return self.found == self.wanted or self.is_newer


def look(db: Connection) -> SchemaState:
    """The state of the schema that this connection sees."""
    known = _known()
    found = None
    if db.scalar(text("SELECT to_regclass('alembic_version')")) is not None:
        found = db.scalar(text("SELECT version_num FROM alembic_version"))
    return SchemaState(found, known[0], is_newer=found is not None and found not in known)


@cache
def _known() -> tuple[str, ...]:
    """The revisions that this program knows, the newest first."""
    with as_file(files("connector.migrations")) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        return tuple(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
