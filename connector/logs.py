"""One pipeline for every line that this process logs, ours and the libraries'.

JSON lines for machines, coloured text at a terminal. Nothing about a citizen may pass: a key nobody vouched for loses
its value, a library's line keeps its template and numbers only, and of an exception the kind and the places remain,
never its text. Nothing happens at import; a process calls `configure` once.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import TextIO
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from connector.log_traces import as_lines, as_record

# A word here is a promise that no value under it tells who a citizen is. A dossier's code is not among them: it leads
# to a family, where a message's id leads only into the ledger.
ALLOWED = frozenset(
    {
        *("event", "level", "logger", "timestamp", "exception"),
        *("worker", "process", "pid", "task", "task_id", "job", "queue", "version", "revision"),
        *("setting", "file", "host", "port", "bind", "signal", "exit_code", "hard", "pause"),
        *("message_id", "message_ids", "route", "procedure", "area", "partner", "feed"),
        *("state", "was", "became", "move", "outcome", "code", "codes", "severity", "mode", "by", "reason_code"),
        *("service", "method", "http_status", "attempt", "attempts", "failures", "duration_ms", "bytes"),
        *("count", "counts", "taken", "sent", "delivered", "refused", "invalid", "duplicates", "stale"),
        *("held", "due", "claimed", "settled", "released", "expired", "remaining", "open_dossiers", "limit"),
        *("due_at", "since", "until", "lease_ends_at", "next_at", "wait_seconds"),
    }
)

HIDDEN = "…"
_FIRST = ("timestamp", "level", "event", "logger")
_LONGEST_TEXT = 200
_EVENT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+")
_PLACEHOLDER = re.compile(r"%(?:\((?P<key>[^)]*)\))?[#0\- +]*[0-9]*(?:\.[0-9]+)?[hlL]?[diouxXeEfFgGcrsa]|%%")

# Two lines for each task, whose arguments are hidden anyway; our own `step.happened` lines say more.
# The price: a task that arrives and never starts is seen in the ledger only.
_QUIET = {
    "celery.worker.strategy": logging.WARNING,
    "celery.app.trace": logging.WARNING,
    "celery.beat": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "urllib3": logging.WARNING,
}


def get_logger(name: str | None = None) -> structlog.stdlib.BoundLogger:
    """A logger whose events are named `step.happened` and whose facts are keys of `ALLOWED`.

    Without a name it takes the calling module's. It may be made at import; it obeys `configure` from its first line on.
    """
    return structlog.stdlib.get_logger(*([name] if name else []))


def configure(stream: TextIO | None = None, json: bool | None = None, level: int = logging.INFO) -> None:
    """Sends all lines of this process, from `level` on, to `stream` (default: standard error).

    `json` None means: JSON unless the stream is a terminal. It may be called again, as after a fork; the last call
    holds. Handlers that a library brought along are removed, since they would print what this pipeline hides.
    Uncaught exceptions of the main thread and of others become the events `process.crashed` and `thread.crashed`.
    """
    stream = sys.stderr if stream is None else stream
    as_json = not stream.isatty() if json is None else json
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            _named_events_only,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _Handler(stream)
    handler.setFormatter(_formatter(as_json, colours=stream.isatty()))
    _take_over(handler, level)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:
        """The standard library would print the record with its arguments here."""
        error = sys.exc_info()[0]
        if error is not BrokenPipeError:
            self.stream.write(f"log line lost: {error.__name__ if error else 'unknown'} at {record.name}\n")


def _formatter(as_json: bool, colours: bool) -> logging.Formatter:
    last: list[Processor] = (
        [structlog.processors.JSONRenderer(ensure_ascii=False)]
        if as_json
        else [_exception_as_text, structlog.dev.ConsoleRenderer(colors=colours)]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_template_and_numbers],
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _exception_without_its_text,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            only_known_keys,
            *last,
        ],
        pass_foreign_args=True,
        use_get_message=False,
    )


def _take_over(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name, threshold in _QUIET.items():
        logging.getLogger(name).setLevel(max(threshold, level))


def only_known_keys(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hides the value of every key that is not in `ALLOWED`, and every value that is not plain."""
    first = {key: event.pop(key) for key in _FIRST if key in event}
    trace = event.pop("exception", None)
    rest = {key: _plain(value) if key in ALLOWED else HIDDEN for key, value in event.items()}
    return {**first, **rest, **({"exception": trace} if trace else {})}


def _plain(value: object) -> object:
    """Numbers, short texts, instants, ids and lists of them. Anything else could print what it holds: it is hidden."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT] + HIDDEN
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | PurePath):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): item if isinstance(item, int | float) else HIDDEN for key, item in value.items()}
    return HIDDEN


def _named_events_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A sentence in place of a name may quote somebody."""
    if not _EVENT.fullmatch(str(event.get("event"))):
        event["event"] = "log.badly_named"
    return event


def _template_and_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's line: the first line of its template, with the numbers among its arguments filled in."""
    arguments = event.pop("positional_args", ())
    record: logging.LogRecord = event["_record"]
    if not isinstance(record.msg, str):  # an object, often an exception
        event["event"] = f"{type(record.msg).__name__} {HIDDEN}"
        return event
    template = (record.msg.strip().splitlines() or [""])[0]
    event["event"] = _filled(template, arguments) if arguments else template
    return event


def _filled(template: str, arguments: object) -> str:
    by_name = arguments if isinstance(arguments, Mapping) else {}
    in_order = iter(arguments if isinstance(arguments, tuple) else ())

    def fill(place: re.Match[str]) -> str:
        if place[0] == "%%":
            return "%"
        value = by_name.get(place["key"]) if place["key"] is not None else next(in_order, None)
        if not isinstance(value, int | float):
            return HIDDEN
        return place[0] % ({place["key"]: value} if place["key"] is not None else value)

    try:
        return _PLACEHOLDER.sub(fill, template)
    except (TypeError, ValueError, OverflowError):
        return template


def _exception_without_its_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    found = event.pop("exc_info", None)
    for key in ("exception", "stack_info", "stack"):
        event.pop(key, None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = as_record(error)
    return event


def _exception_as_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if isinstance(event.get("exception"), Mapping):
        event["exception"] = "\n".join(as_lines(event["exception"]))
    return event


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    get_logger(__name__).critical("process.crashed", exc_info=error)


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None and not isinstance(crash.exc_value, SystemExit):
        get_logger(__name__).critical("thread.crashed", exc_info=crash.exc_value)
