"""The Celery application. `celery -A workers.app` makes it from the process's settings; each child has parts of its
own."""

import gc
import os
from datetime import UTC, datetime
from typing import Final

import structlog
from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_init, worker_process_init
from pydantic import SecretStr

from connector import logs, settings, wiring
from connector.domain.calendar import is_working_day
from connector.settings import BadSettings, Settings, variable
from connector.wiring import Connector

# A task works for a few seconds; one that runs this long hangs, and what it holds is worth less than its process.
TIME_LIMIT: Final = 300
_TRANSPORT: Final = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A broker that the network swallows is noticed after two of these.
    "health_check_interval": 5,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "global_keyprefix": "lienthong:",
}


def make_app(given: Settings) -> Celery:
    """The application over the broker of these settings. The command that starts a role has filled in an embedded
    one."""
    app = Celery("lienthong", broker=_url(given.broker_url, "broker_url"), include=["workers.tasks"])
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_default_queue=given.queue,
        task_create_missing_queues=False,
        # The ledger holds the work: a task that is lost with its worker is not missed, one that runs twice finds
        # nothing.
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        task_time_limit=TIME_LIMIT,
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0.2, "interval_step": 0.2},
        worker_consumer="workers.consumer:LastingConsumer",
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=5000,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_TRANSPORT | {"master_name": given.broker_master},
        broker_pool_limit=4,
        enable_utc=True,
    )
    return app


def _url(given: SecretStr | None, name: str) -> str:
    if given is None:
        raise BadSettings([f"{variable(name)}: missing; `lienthong worker` and `lienthong beat` fill it in"])
    return given.get_secret_value()


_connectors: dict[int, Connector] = {}


def connector() -> Connector:
    """The parts of this process: made after the fork, on first use, and kept."""
    pid = os.getpid()
    if pid not in _connectors:
        _connectors.clear()
        given = settings.load(warn=lambda _: None)
        _connectors[pid] = wiring.connect(given, _url(given.database_url, "database_url"))
    return _connectors[pid]


@setup_logging.connect
def _one_pipeline(**_: object) -> None:
    logs.configure()


@worker_init.connect
def _share_what_all_need(**_: object) -> None:
    """Before the children are forked. The calendar's library is 300 modules that are imported at its first use: once
    here, instead of during each child's first dossier. And the collector would write into everything that was imported,
    and make of what the children share with their parent a copy of each one's own."""
    is_working_day(datetime.now(UTC).date())
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def _nothing_from_the_parent(**_: object) -> None:
    _connectors.clear()


@task_prerun.connect
def _say_which_task(task_id: str, task: object, **_: object) -> None:
    structlog.contextvars.bind_contextvars(task=getattr(task, "name", None), task_id=task_id)


@task_postrun.connect
def _say_no_more(**_: object) -> None:
    structlog.contextvars.clear_contextvars()


app = make_app(settings.load(warn=lambda _: None))
