"""Operators' stories through both sandboxes, judged by the partners' own records."""

from datetime import date

from connector.domain.message import Route, State
from connector.sandbox.generator import generate
from connector.sandbox.judge import judge
from tests import bodies
from tests.world import Stage


def test_a_day_of_dossiers_reaches_its_end(world: Stage) -> None:
    world.sandboxes.at_work(supplement=0.2, refuse=0.1, late_document=0.2)
    sent = list(generate(7, 40, date(2026, 11, 20)))
    world.submit(*(one.event for one in sent), files={k: v for one in sent for k, v in one.files.items()})

    world.run_until_quiet(at_rest=world.sandboxes.at_rest)

    v = judge(sent, world.ministry, world.province); print(v)
    assert v.clean
