"""What an installation of plans decides."""

from pydantic import Field

from stafett_chassis.settings import Settings


class PlansSettings(Settings):
    """Limits of the service."""

    catalogue_max_goals: int = Field(default=5_000, ge=1, description="goals in one catalogue file (PLN-498)")
    catalogue_max_activities: int = Field(
        default=20_000, ge=1, description="activities in one catalogue file (PLN-498)"
    )
    catalogue_max_bytes: int = Field(
        default=20_000_000, ge=1, description="size of one catalogue import, bytes (PLN-498)"
    )
