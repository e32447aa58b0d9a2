"""`make bench`: every figure, in one run. ARGS: `--json` for machines, names of rows' modules to run only those."""

import argparse
import importlib
import json
import sys
from typing import Any

import structlog
import uvloop

from benchmarks.row import Row
from benchmarks.servers import started

MODULES = ("relay", "reaction", "action", "latency", "memory")


def main() -> int:
    """Measure and print; the exit status tells only whether everything could be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)} (default: all)"
    )
    parser.add_argument("--json", action="store_true", help="print a list of rows for machines")
    chosen = parser.parse_args()
    unknown = set(chosen.modules) - set(MODULES)
    if unknown:
        parser.error(f"no such figures: {', '.join(sorted(unknown))}")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    rows: list[Row] = []
    with started() as servers:
        for name in chosen.modules or MODULES:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += uvloop.run(_measure(name, servers))
    if chosen.json:
        json.dump([row.plain() for row in rows], sys.stdout, indent=1)
        print()
    else:
        print(f"{'':58} {'figure':>10} {'limit':>10} {'':8} {'ratio':>6}  aim")
        for row in rows:
            print(row.line())
    return 0


async def _measure(name: str, servers: Any) -> list[Row]:
    module = importlib.import_module(f"benchmarks.{name}")
    found: list[Row] = await module.measure(servers)
    return found


if __name__ == "__main__":
    sys.exit(main())
