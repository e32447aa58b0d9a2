"""What an installation decides about the exchange between sites."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from stafett_chassis.settings import AmqpUrl, Settings


class SyncSettings(Settings):
    """The common settings and those of sync."""

    national_amqp_url: AmqpUrl | None = Field(
        default=None, description="the vhost between sites; none: the embedded bus, or no other sites"
    )
    registry: str | None = Field(
        default=None, description="the signed site registry itself, instead of a file"
    )
    registry_file: Path | None = Field(default=None, description="file with the signed site registry")
    registry_root: str | None = Field(
        default=None, description="public JWK of the root key that signs the registry (or a file with it)"
    )
    site_private_key: SecretStr | None = Field(
        default=None, description="private JWK (Ed25519) this site signs with, instead of a file"
    )
    site_private_key_file: Path | None = Field(default=None, description="file with the private JWK")

    @model_validator(mode="after")
    def _all_or_nothing(self) -> Self:
        given = {
            "REGISTRY or REGISTRY_FILE": self.registry or self.registry_file,
            "REGISTRY_ROOT": self.registry_root,
            "SITE_PRIVATE_KEY or SITE_PRIVATE_KEY_FILE": self.site_private_key or self.site_private_key_file,
        }
        missing = [name for name, value in given.items() if not value]
        if missing and (len(missing) < len(given) or self.environment == "prod"):
            raise ValueError("to exchange with other sites, set STAFETT_" + ", STAFETT_".join(missing))
        return self
