"""What an installation decides about identity."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from stafett_chassis.settings import Settings
from stafett_identity.sessions.rules import Limits


class IdentitySettings(Settings):
    """The common settings and identity's own. Every one of its own has a default that is safe to start with."""

    production: bool = Field(
        default=False, description="real people are served here: no demo mode, no synthetic national ids"
    )
    synthetic_people: bool | None = Field(
        default=None,
        description="whether synthetic national ids are accepted (IDN-007); default: only in environments test and demo",
    )
    national_id_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="encrypts and hashes national ids; must never change. Default: derived from the service secret",
    )
    person_check_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="shared by all sites and nobody else: hashes trainees' national ids for comparison between sites"
        " (SYN-010). Default: a key known to all in environments test and demo, no comparison in prod",
    )
    hr_error_percent: float = Field(
        default=5, ge=0, le=100, description="an HR file with more bad position rows, per cent, is refused"
    )
    hr_error_rows: int = Field(default=20, ge=0, description="… if they are also more than this many")
    hr_ended_percent: float = Field(
        default=5,
        ge=0,
        le=100,
        description="an import that ends more positions of a trust, per cent, is held",
    )
    hr_ended_positions: int = Field(default=20, ge=0, description="… if they are also more than this many")
    hr_job_tracks: dict[str, Literal["none", "lis1", "lis2_3", "apprentice"]] = Field(
        default={"2110": "lis2_3", "2115": "lis1", "3290": "apprentice"},
        description="track by job code, where an HR row names none (IDN-082)",
    )
    hr_folder: str | None = Field(
        default=None, description="folder in which HR's files arrive; none: they are uploaded"
    )

    session_idle_minutes: int = Field(
        default=30, ge=5, le=240, description="a session ends after this long without activity (IDN-045)"
    )
    session_hours: int = Field(default=12, ge=1, le=24, description="… and after this long in any case")
    token_seconds: int = Field(
        default=590,
        ge=60,
        le=590,
        description="life of an access token; with the 5 s of leeway services give, under ten minutes (IDN-043)",
    )
    token_key_days: int = Field(
        default=30, ge=1, le=365, description="a signing key is replaced after this long"
    )
    invitation_days: int = Field(
        default=30, ge=1, le=90, description="an invitation expires this long after it was sent (IDN-068)"
    )
    work_email_domains: list[str] = Field(
        default=[], description="domains of employers, which the registration form warns of (IDN-013)"
    )

    @property
    def session_limits(self) -> Limits:
        """How long a session lasts."""
        return Limits(
            idle=timedelta(minutes=self.session_idle_minutes), longest=timedelta(hours=self.session_hours)
        )

    @property
    def accepts_synthetic(self) -> bool:
        """Whether a synthetic national id is a valid one here (IDN-007)."""
        if self.synthetic_people is None:
            return self.environment != "prod"
        return self.synthetic_people

    @model_validator(mode="after")
    def _no_test_people_in_production(self) -> Self:
        if self.production and (self.is_demo or self.accepts_synthetic):
            raise ValueError(
                "a site marked production can neither run in demo mode nor accept synthetic people"
            )
        return self
