"""Writes the JSON Schemas (draft 2020-12) of the canonical records: `python -m schemas.export docs/schemas`."""

import json
import re
import sys
from pathlib import Path

from schemas.records import EXPORTED, Record

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file_name(record: type[Record]) -> str:
    """`RegisterEntry` → `register_entry.json`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", record.__name__).lower() + ".json"


def schema_text(record: type[Record]) -> str:
    """The record's schema as the text of its file, the same bytes on every run."""
    schema = {"$schema": DIALECT, **record.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def export(folder: Path) -> list[Path]:
    """Write one file for each record that stands for itself, and remove files of records that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {folder / file_name(record): schema_text(record) for record in EXPORTED}
    for old in set(folder.glob("*.json")) - set(written):
        old.unlink()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return sorted(written)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m schemas.export FOLDER", file=sys.stderr)
        return 2
    for path in export(Path(arguments[0])):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
