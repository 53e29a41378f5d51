"""What every room of a partner shares: its store, clock, dice and present options."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from connector.sandbox.clock import Clock
from connector.sandbox.forms import Partner
from connector.sandbox.options import Options, options_of
from connector.sandbox.store import Store
from connector.sandbox.weather import Dice

_CHANGED = "options"

O = TypeVar("O", bound=Options)  # noqa: E741


class House(Generic[O]):
    """Settings changed while running are kept in the store and win over those of the start until `reset`."""

    def __init__(
        self, partner: Partner, path: Path, schema: str, settings: Mapping[str, object] | None, start: datetime | None
    ) -> None:
        self.partner = partner
        self.store = Store(path, schema)
        self.clock = Clock(start, self.store.number("SELECT max(at) FROM effect"))
        self._at_start = options_of(partner, settings)
        self.options = cast(O, self._at_start.changed(self.store.recall(_CHANGED) or {}))
        self.dice = Dice(self.options)
        self.wake = asyncio.Event()

    def change(self, changes: Mapping[str, Any]) -> None:
        """Replace some settings.

        Raises:
            pydantic.ValidationError: a name or value that is none.
        """
        options = self.options.changed(changes)
        kept = {**(self.store.recall(_CHANGED) or {}), **changes}
        with self.store.transaction():
            self.store.remember(_CHANGED, kept)
        self._use(options)

    def reset(self) -> None:
        """An empty store and the settings of the start."""
        self.store.wipe()
        self._use(self._at_start)
        self.dice = Dice(self.options)

    def _use(self, options: Options) -> None:
        self.options = cast(O, options)
        self.dice.configure(options)
        self.wake.set()
