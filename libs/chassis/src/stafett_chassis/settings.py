"""What an installation decides, read from environment variables that begin with `STAFETT_`.

A service that needs more adds fields in a subclass. Wrong or missing values stop the process
with one list of everything that is wrong: see `load`.
"""

import difflib
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, PostgresDsn, SecretStr, UrlConstraints, ValidationError
from pydantic_core import Url
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

PREFIX = "STAFETT_"

AmqpUrl = Annotated[Url, UrlConstraints(allowed_schemes=["amqp", "amqps"])]
HttpUrl = Annotated[Url, UrlConstraints(allowed_schemes=["http", "https"])]


class BadSettings(Exception):
    """The configuration is unusable; the message lists every fault, one a line."""


class Settings(BaseSettings):
    """What every service of a site is told.

    One site is one installation: a health region with its trusts, or the municipal site.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    site: str = Field(pattern=r"^[a-z]{2,8}$", description="short id of the site, e.g. `vest`")
    site_name: str = Field(min_length=1, description="name shown to people")
    site_kind: Literal["rhf", "municipal"] = Field(description="health region or municipal site")
    environment: Literal["prod", "test", "demo"] = Field(description="demo opens the log-in without password")
    product: str = Field(default="Kompetanseportalen", description="product name shown to people (IDN-022)")

    database_url: PostgresDsn = Field(description="this service's own database")
    database_pool: int = Field(
        default=10,
        ge=4,  # a held event and a schedule each keep one while they work on another
        le=100,
        description="connections a process may hold",
    )
    amqp_url: AmqpUrl | None = Field(
        default=None, description="the site's vhost; none means the embedded bus"
    )

    public_url: HttpUrl = Field(description="address of the site's gateway, as browsers see it")
    identity_url: HttpUrl = Field(description="address at which services reach identity")
    service_secret: SecretStr = Field(min_length=32, description="shared by the site's services only")
    blob_url: str = Field(default="", description="`file:///folder` or `s3://bucket/prefix`; empty: no files")

    http_host: str = Field(default="127.0.0.1", description="address to listen on")
    http_port: int = Field(default=8000, ge=0, le=65535, description="port to listen on")
    worker_port: int = Field(
        default=0, ge=0, le=65535, description="port of the worker's health and metrics; 0: none"
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"
    otlp_endpoint: HttpUrl | None = Field(default=None, description="where traces go; none: no tracing")
    trace_ratio: float = Field(default=0.1, ge=0, le=1, description="share of requests that are traced")
    clock_offset_seconds: float = Field(
        default=0, description="for trials with a wrong clock; 0 in production"
    )

    @property
    def is_demo(self) -> bool:
        """Whether the site runs in demo mode (IDN-037)."""
        return self.environment == "demo"

    def base(self) -> str:
        """`public_url` without a trailing slash."""
        return str(self.public_url).rstrip("/")


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """Read `kind` from the environment.

    Raises `BadSettings` naming every variable that is missing, wrong or unknown.
    """
    faults = _unknown(kind)
    values, unreadable = _values(kind)
    faults += unreadable.values()
    try:
        # No variable has this prefix: the values are those read above, so that every fault is found at once.
        settings = kind(_env_prefix="\0", **values)
    except ValidationError as error:
        faults += [_told(kind, fault) for fault in error.errors() if _name(fault) not in unreadable]
        raise BadSettings(_report(faults)) from None
    if faults:
        raise BadSettings(_report(faults))
    return settings


def _values(kind: type[Settings]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the environment gives, by field; and the faults of what is no JSON where JSON is wanted."""
    source = EnvSettingsSource(kind)
    values: dict[str, Any] = {}
    unreadable = {}
    for name, field in kind.model_fields.items():
        variable = PREFIX + name.upper()
        if variable not in os.environ:
            continue
        values[name] = os.environ[variable]
        if source.field_is_complex(field):
            try:
                values[name] = json.loads(values[name])
            except ValueError as error:
                unreadable[name] = f"{variable}: must be JSON, {error}{_meaning(kind, name)}"
    return values, unreadable


def _name(fault: Any) -> str:
    return str(fault["loc"][0]) if fault["loc"] else ""


def _told(kind: type[Settings], fault: Any) -> str:
    name, message = _name(fault), str(fault["msg"]).removeprefix("Value error, ")
    if not name:  # of several settings together
        return message
    variable = PREFIX + name.upper()
    place = "".join(f"[{part}]" for part in fault["loc"][1:])
    return f"{variable}{place}: {message}{_meaning(kind, name)}"


def known_variables(kind: type[Settings]) -> dict[str, str]:
    """Every variable `kind` understands, with its meaning."""
    return {PREFIX + name.upper(): field.description or "" for name, field in kind.model_fields.items()}


def _unknown(kind: type[Settings]) -> list[str]:
    """Variables that are most likely typing errors.

    A site may give all its services one environment, so a name that resembles nothing we know is no
    fault: it can be another service's.
    """
    known = list(known_variables(kind))
    faults = []
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
            if near:
                faults.append(f"{name}: no such setting; did you mean {near[0]}?")
    return faults


def _meaning(kind: type[Settings], name: str) -> str:
    field = kind.model_fields.get(name)
    return f" ({field.description})" if field and field.description else ""


def _report(faults: list[str]) -> str:
    return "The configuration cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults)


def file_blob_url(folder: Path) -> str:
    """The `blob_url` of a local folder."""
    return folder.resolve().as_uri()
