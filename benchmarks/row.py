"""One figure of the table."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Row:
    """A figure beside its limit.

    `ratio` compares the two as the aim means it: `value / limit` where higher is better, and `value / aim` for
    figures without a limit measured in the run. `better` is `higher` or `lower`.
    """

    name: str
    value: float
    unit: str
    limit: float | None
    aim: str
    better: str = "higher"

    @property
    def ratio(self) -> float | None:
        """The figure in parts of its limit."""
        return round(self.value / self.limit, 3) if self.limit else None

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "ratio": self.ratio}

    def line(self) -> str:
        """For readers."""
        limit = "–" if self.limit is None else f"{self.limit:,.1f}"
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        return f"{self.name:58} {self.value:>10,.1f} {limit:>10} {self.unit:8} {ratio:>6}  {self.aim}"


def paired(ours: list[float], limits: list[float]) -> tuple[float, float]:
    """Medians of runs taken in turn."""
    return median(ours), median(limits)
