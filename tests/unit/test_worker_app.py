"""The worker's parent: what it does once, so that its children need not."""

import os
import subprocess
import sys

_BEFORE_THE_FORK = """
import gc, sys
from celery.signals import worker_init
import workers.app
before = "holidays.countries.vietnam" in sys.modules
worker_init.send(sender=None)
print(before, "holidays.countries.vietnam" in sys.modules, gc.get_freeze_count() > 0)
"""


def test_what_every_child_needs_is_loaded_once_before_the_fork() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
    settings = {"LIENTHONG_BROKER_URL": "redis://127.0.0.1:1/0", "LIENTHONG_DATABASE_URL": "postgresql:///none"}

    said = subprocess.run(
        [sys.executable, "-c", _BEFORE_THE_FORK], env=inherited | settings, capture_output=True, text=True, check=True
    )

    assert said.stdout.split() == ["False", "True", "True"]
