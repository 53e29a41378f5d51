"""The ministry's registers become messages: entries that were made or changed since, read page by page.

Only the newest version of an entry is ever shown, so one that stood between two readings may never be seen. Every version
that was taken in is known by (entry, version); its line may come again as often as it likes.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from itertools import batched
from typing import Final

from sqlalchemy import Engine

from connector.adapters import feeds, partners
from connector.adapters.feeds import Reading
from connector.adapters.ministry import Ministry
from connector.domain.errors import DeliveryError, Garbled
from connector.domain.message import Partner, Route
from connector.domain.register_sweep import SIZES, Sweep
from connector.intake import enrolment
