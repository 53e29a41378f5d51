"""What a command says: its result on standard output, everything else on standard error.

People read Vietnamese first and English behind it; scripts read the one JSON document of `--json`.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.values import VIETNAM

AsJson = Annotated[bool, typer.Option("--json", help="Một tài liệu JSON / one JSON document on standard output.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Lý do / why; it is written down.")]


def say(line: str) -> None:
    """One line on standard error."""
    print(f"lienthong: {line}", file=sys.stderr, flush=True)


def write_json(document: Any) -> None:
    """The one document of `--json`."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))


def write_line(text: str = "") -> None:
    """A line for people, as it is: no markup, and nothing that could steer a terminal."""
    typer.echo(printable(text))


def write_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Iterable[int] = ()) -> None:
    """A table for people, wide where no terminal says how wide it may be; `numbers` are columns to align right."""
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 200
    right = set(numbers)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable("" if cell is None else str(cell))) for cell in row))
    console.print(table)


def printable(text: str) -> str:
    """The text with every character that no printer shows written as its code."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 with Vietnam's offset, to the millisecond."""
    return None if moment is None else moment.astimezone(VIETNAM).isoformat(timespec="milliseconds")


def for_people(moment: datetime | None) -> str:
    """Day and time in Vietnam."""
    return "" if moment is None else moment.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")
