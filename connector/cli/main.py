"""`lienthong`: the commands, put together."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final

import typer
from typer.core import TyperGroup

from connector import logs
from connector.cli.endings import sentences

# Command → its module, which has `register(app)`; the help lists them in this order. A module is imported when its
# command is asked for: all of them together take seconds on a busy machine, and scripts call `status` often.
COMMANDS: Final[Mapping[str, str]] = {
    "demo": "connector.cli.demo",
    "up": "connector.cli.up",
    "status": "connector.cli.status",
    "messages": "connector.cli.messages",
    "replay": "connector.cli.replay",
    "causes": "connector.cli.causes",
    "aliases": "connector.cli.aliases",
    "rollout": "connector.cli.rollout",
    "doctor": "connector.cli.doctor",
    "migrate": "connector.cli.schema",
    "worker": "connector.cli.roles",
    "beat": "connector.cli.roles",
    "console": "connector.cli.console",
    "accounts": "connector.cli.accounts",
    "audit": "connector.cli.audit",
    "sandbox": "connector.cli.sandbox",
}


class Commands(TyperGroup):
    """All commands. What goes wrong outside of us ends in a sentence and an exit code, not in a traceback."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        # Like ours it has no mark-up: a help that is read in a log has to be plain.
        part = typer.Typer(rich_markup_mode=None, callback=lienthong)
        import_module(COMMANDS[cmd_name]).register(part)
        return typer.main.get_group(part).commands[cmd_name]

    def invoke(self, ctx: Any) -> Any:
        with sentences():
            return super().invoke(ctx)


app: Final = typer.Typer(
    name="lienthong",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def lienthong() -> None:
    """Liên thông hồ sơ hộ tịch / carries marriage and death dossiers between the province and the ministry.

    Exit codes: 0 done; 1 done, and something needs attention; 2 wrong usage; 69 a needed service is unreachable;
    78 bad configuration.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code. Logs go to standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Whatever the locale says: names have marks, and scripts read JSON as UTF-8.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    logs.configure()
    # Not `app()`: that would put a hook in the place of ours, which prints exceptions with all that they hold.
    typer.main.get_command(app)(args=list(sys.argv[1:] if arguments is None else arguments), prog_name="lienthong")
