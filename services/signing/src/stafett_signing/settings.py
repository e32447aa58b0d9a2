"""What an installation of signing decides."""

from pydantic import Field

from stafett_chassis.settings import Settings


class SigningSettings(Settings):
    """What differs from site to site."""

    training_time: bool | None = Field(
        default=None,
        description="whether training time is in use; unless said, at the municipal site only (TRT-003)",
    )

    @property
    def uses_training_time(self) -> bool:
        """Whether training time is in use at the site."""
        return self.site_kind == "municipal" if self.training_time is None else self.training_time
