"""What an installation decides about e-mail and live updates."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from stafett_chassis.settings import Settings
from stafett_notify.mail.rules.delivery import RESERVED, patterns


def _readable(text: str) -> str:
    patterns(text)  # refuses what is neither an address nor a domain
    return text


class NotifySettings(Settings):
    """The settings of notify."""

    smtp_host: str = Field(default="127.0.0.1", min_length=1, description="mail server that takes our e-mail")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="its port")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        default="none", description="`starttls`: encrypted after the greeting; `tls`: from the first byte"
    )
    smtp_user: str = Field(default="", description="user name at the mail server; empty: none")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="password at the mail server")
    smtp_timeout_seconds: float = Field(
        default=30, gt=0, le=120, description="how long the mail server may take for a step"
    )
    smtp_connections: int = Field(default=4, ge=1, le=50, description="e-mails handed over at a time")
    mail_from: str = Field(
        default="", description="no-reply address e-mail is sent from; empty: ikke-svar@<host of public_url>"
    )
    mail_allow_list: Annotated[str, AfterValidator(_readable)] = Field(
        default="",
        description=(
            "outside production e-mail goes only here: addresses, `@domain` or `.suffix`, with commas between;"
            " empty: nowhere, in demo mode the reserved example domains"
        ),
    )
    stream_heartbeat_seconds: float = Field(
        default=25, gt=0, le=60, description="pause between signs of life on a stream of live updates"
    )

    @property
    def sender(self) -> str:
        """The address automatic e-mail comes from (NTF-100)."""
        return self.mail_from or f"ikke-svar@{urlsplit(self.base()).hostname}"

    @property
    def allowed(self) -> tuple[str, ...] | None:
        """The patterns of addresses that may get e-mail; none: all may (NTF-109)."""
        if self.environment == "prod":
            return None
        if self.mail_allow_list:
            return patterns(self.mail_allow_list)
        return RESERVED if self.is_demo else ()
