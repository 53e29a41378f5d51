"""The settings of one process: read once at its edge from LIENTHONG_* variables and a `.env` file, then never changed.

To add a setting: a field of `Settings` (its name in capitals after LIENTHONG_ is the variable), the type that reads its
text from `connector.setting_types`, and its lines in `.env.example`. Nothing else.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from os import environ as process_environment
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from connector.setting_types import (
    Bind,
    available_cores,
    read_bind,
    read_broker_url,
    read_database_url,
    read_day,
    read_directory,
    read_duration,
    read_instant,
    read_issuer,
    read_line,
    read_origin,
    read_partner_url,
    read_percentage,
    read_schedule,
    read_secret,
    read_whole_number,
)

PREFIX = "LIENTHONG_"
EXIT_CODE = 78

PartnerName = Literal["ministry", "province"]
_PARTNER_SETTINGS = ("url", "client_id", "client_secret")
_OIDC_SETTINGS = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")


class BadSettings(Exception):
    """The settings cannot be used; a command ends with `EXIT_CODE`.

    `faults` has one line for each fault. It names the variable and what is expected there, and quotes no value: a URL
    may carry a password, and a secret may stand in the wrong variable.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Partner:
    """Where a partner is reached and as whom. The URL has no slash at its end and carries no credentials."""

    url: str
    client_id: str
    client_secret: SecretStr


class Settings(BaseSettings):
    """All settings, with the names and defaults that scripts and unit files rely on.

    Built directly, it reads nothing from outside: `Settings()` is the defaults. `load` reads the environment.
    Raises pydantic's ValidationError when built from values that break a rule.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=True,
    )

    database_url: Annotated[SecretStr | None, BeforeValidator(read_database_url)] = None
    """PostgreSQL; None means an embedded server under `home`."""
    broker_url: Annotated[SecretStr | None, BeforeValidator(read_broker_url)] = None
    """Celery's broker; None means an embedded server under `home`."""
    broker_master: Annotated[str, BeforeValidator(read_line)] = "mymaster"
    """The name of the broker's master, where `broker_url` names Sentinels."""
    home: Annotated[Path, BeforeValidator(read_directory)] = Path(".lienthong")
    """Data of the embedded servers, made absolute against the working directory."""
    pg_bin: Annotated[Path | None, BeforeValidator(read_directory)] = None
    """Directory of other PostgreSQL programs for the embedded server."""

    ministry_url: Annotated[str | None, BeforeValidator(read_partner_url)] = None
    ministry_client_id: Annotated[str | None, BeforeValidator(read_line)] = None
    ministry_client_secret: Annotated[SecretStr | None, BeforeValidator(read_secret)] = None
    province_url: Annotated[str | None, BeforeValidator(read_partner_url)] = None
    province_client_id: Annotated[str | None, BeforeValidator(read_line)] = None
    province_client_secret: Annotated[SecretStr | None, BeforeValidator(read_secret)] = None

    poll_interval: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(seconds=30)
    http_timeout: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(seconds=10)
    retry_schedule: Annotated[tuple[timedelta, ...], BeforeValidator(read_schedule)] = Field(
        default_factory=lambda: read_schedule("10s,1m,5m,15m,30m,1h,2h,4h,8h,24h")
    )
    lease: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(minutes=2)
    register_from: Annotated[date | None, BeforeValidator(read_day)] = None
    """First day of register entries at the first start; None means the day of installation."""
    queue: Annotated[str, BeforeValidator(read_line)] = "lienthong"
    """Celery's queue; two installations that share a broker need two names."""
    concurrency: Annotated[int, BeforeValidator(read_whole_number)] = Field(default_factory=available_cores)
    console_bind: Annotated[Bind, BeforeValidator(read_bind)] = Bind("127.0.0.1", 8800)
    console_url: Annotated[str | None, BeforeValidator(read_origin)] = None
    """How browsers reach the console, where that is not `console_bind`; None means plain http to that."""
    session_idle: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(minutes=30)
    """A log-in ends when nothing was asked for this long."""
    session_longest: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(hours=12)
    """A log-in ends after this, whatever was asked."""
    oidc_issuer: Annotated[str | None, BeforeValidator(read_issuer)] = None
    """The identity provider, exactly as it calls itself; None means that people log in with passwords only."""
    oidc_client_id: Annotated[str | None, BeforeValidator(read_line)] = None
    oidc_client_secret: Annotated[SecretStr | None, BeforeValidator(read_secret)] = None
    oidc_claim: Annotated[str, BeforeValidator(read_line)] = "sub"
    """The claim that accounts' external names are compared with."""
    document_alert: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(hours=24)
    """How long a result may be without its signed document before a person is told."""
    release_rate: Annotated[int, BeforeValidator(read_whole_number)] = 50
    """How many held messages a second an opened area lets go at most."""
    replay_rate: Annotated[int, BeforeValidator(read_whole_number)] = 20
    """Messages a second that replay jobs put on the line at most; live traffic has the rest."""
    replay_failures: Annotated[int, BeforeValidator(read_percentage)] = 20
    """A job pauses when more than so many percent of a wave fail."""
    replay_patience: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(minutes=2)
    """A replayed message that only fails for so long counts as a failure, though its schedule goes on."""
    ready_valid: Annotated[int, BeforeValidator(read_percentage)] = 90
    """Percent of an area's dossiers that must be valid before it is called ready."""
    ready_matching: Annotated[int, BeforeValidator(read_percentage)] = 98
    """Percent of compared register entries that must say what we would have sent."""
    ready_compared: Annotated[int, BeforeValidator(read_whole_number)] = 20
    """How many register entries must have been compared."""
    ready_causes: Annotated[int, BeforeValidator(read_whole_number)] = 3
    """How many causes of faults and differences may still be open."""
    guard_watch: Annotated[timedelta, BeforeValidator(read_duration)] = timedelta(days=3)
    """How long an area is watched after it was opened."""
    guard_failures: Annotated[int, BeforeValidator(read_percentage)] = 20
    """Percent of an area's messages that may fail in that time before it is frozen."""
    guard_least: Annotated[int, BeforeValidator(read_whole_number)] = 20
    """From how many ended messages on that share counts."""
    clock: Annotated[datetime | None, BeforeValidator(read_instant)] = None
    """Start of the connector's clock (always with an offset); None means the system clock."""

    @property
    def call_timeout(self) -> timedelta:
        """The time-out that a call really gets. Connecting and reading may take it each, and a lease has to outlast
        both, or a second worker sends what the first is still waiting for.
        """
        return min(self.http_timeout, self.lease / 2)

    @property
    def ministry(self) -> Partner | None:
        """The ministry's gateway, or None when it is not set. Raises BadSettings when it is set in part."""
        return self._partner("ministry")

    @property
    def province(self) -> Partner | None:
        """The province's system, or None when it is not set. Raises BadSettings when it is set in part."""
        return self._partner("province")

    def _partner(self, name: PartnerName) -> Partner | None:
        url, client_id, secret = (getattr(self, f"{name}_{part}") for part in _PARTNER_SETTINGS)
        faults = _missing_parts({f for f in type(self).model_fields if getattr(self, f) is not None}, name)
        if faults:
            raise BadSettings(faults)
        return Partner(url, client_id, secret) if url else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in; `load` is the one place that looks outside."""
        return (init_settings,)


def variable(field: str) -> str:
    """The environment variable of a field of `Settings`."""
    return PREFIX + field.upper()


def load(
    environ: Mapping[str, str] | None = None,
    *,
    directory: Path | None = None,
    warn: Callable[[str], None] | None = None,
) -> Settings:
    """Reads the settings from `environ` (default: the process's own), then from `.env` in `directory` (default: the
    working directory). A variable that is set to nothing counts as absent.

    `warn` gets one line for each LIENTHONG_* variable that is no setting (default: written to standard error).
    Raises BadSettings with every fault that could be found.
    """
    given = _given(process_environment if environ is None else environ, directory or Path())
    for line in _unknown(given):
        (warn or _to_standard_error)(line)
    values = {field: given[field] for field in Settings.model_fields if field in given}
    faults = [line for name in get_args(PartnerName) for line in _missing_parts(values.keys(), name)]
    faults += _missing(values.keys(), _OIDC_SETTINGS)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        # `from None`: the original carries what was typed.
        raise BadSettings(sorted([*_faults_of(error), *faults])) from None
    if faults:
        raise BadSettings(faults)
    if settings.call_timeout < settings.http_timeout:
        (warn or _to_standard_error)(
            f"warning: {variable('lease')} is shorter than twice {variable('http_timeout')}; calls get half of it"
        )
    return settings


def require_partner(settings: Settings, name: PartnerName) -> Partner:
    """The partner's settings, for a command that cannot do without. Raises BadSettings when they are absent."""
    partner = settings.ministry if name == "ministry" else settings.province
    if partner is None:
        raise BadSettings(
            [f"{variable(f'{name}_{part}')}: missing; this command needs the {name}" for part in _PARTNER_SETTINGS]
        )
    return partner


def _given(environ: Mapping[str, str], directory: Path) -> dict[str, str]:
    """What is set, by field name; the environment goes before the file."""
    try:
        file = DotEnvSettingsSource(Settings, env_file=directory / ".env").env_vars
    except (OSError, UnicodeError):
        raise BadSettings([".env: expected a readable text file in UTF-8"]) from None
    everything = {**file, **{name.lower(): value for name, value in environ.items()}}
    prefix = PREFIX.lower()
    return {
        name.removeprefix(prefix): value.strip()
        for name, value in everything.items()
        if name.startswith(prefix) and value and value.strip()
    }


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(given.keys() - Settings.model_fields.keys()):
        near = get_close_matches(name, Settings.model_fields, n=1)
        hint = f"; did you mean {variable(near[0])}?" if near else ""
        yield f"warning: {variable(name)} is no setting and is not used{hint}"


def _missing_parts(given: Collection[str], name: PartnerName) -> list[str]:
    """A partner's settings belong together: all of them or none."""
    return _missing(given, [f"{name}_{part}" for part in _PARTNER_SETTINGS])


def _missing(given: Collection[str], names: Sequence[str]) -> list[str]:
    present = [field for field in names if field in given]
    if not present:
        return []
    return [f"{variable(f)}: missing; it belongs to {variable(present[0])}" for f in names if f not in given]


def _faults_of(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False):
        field = str(fault["loc"][0]) if fault["loc"] else ""
        reason = fault.get("ctx", {}).get("error") or fault["msg"]
        yield f"{variable(field)}: {reason}"


def _to_standard_error(line: str) -> None:
    print(f"lienthong: {line}", file=sys.stderr)
