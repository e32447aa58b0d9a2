"""Numbers of plan versions (PLN-375 to PLN-381)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version of a plan; 0.0 stands for none yet."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


NONE = Version(0, 0)
FIRST = Version(1, 0)


def next_version(present: Version, distinct_items: int) -> Version:
    """The version after one action that activated or published so many distinct items in the plan.

    Raises `ValueError` for none: such an action makes no version.
    """
    if distinct_items < 1:
        raise ValueError("an action without activated or published items makes no version")
    if present == NONE:
        return FIRST
    if distinct_items == 1:
        return Version(present.major, present.minor + 1)  # PLN-377: 1.9 is followed by 1.10
    return Version(present.major + 1, 0)
