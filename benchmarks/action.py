"""Action: POST that stores a registration and its event, 16 clients; and read: GET a person's plan.

The limit is a bare FastAPI route with the same validated body and the very statements our service was seen to send
for the same request, in one bare asyncpg transaction.
"""

import itertools
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks import plans
from benchmarks.bare import FRESH
from benchmarks.load import flood, request
from benchmarks.plans import Prepared
from benchmarks.row import Row, paired
from benchmarks.servers import Servers

SECONDS = 4
RUNS = 3
_DAYS = ("2026-02-02", "2026-02-03")


async def measure(servers: Servers) -> list[Row]:
    """Requests a second, ours and bare in turn."""
    prepared = await plans.prepare(servers)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording"
        file.write_bytes(pickle.dumps(await _record(prepared)))
        ours_port, bare_port = plans.free_port(), plans.free_port()
        bare = [sys.executable, "-m", "benchmarks.bare", prepared.database_url, str(file), str(bare_port)]
        async with (
            plans.keys_served() as identity,
            plans.process(
                [plans.STAFETT, "serve", "plans"],
                plans.environment(prepared.database_url, identity, ours_port),
                f"http://127.0.0.1:{ours_port}/ready",
            ),
            plans.process(bare, {}, f"http://127.0.0.1:{bare_port}/ready"),
        ):
            ours, limit = f"http://127.0.0.1:{ours_port}", f"http://127.0.0.1:{bare_port}"
            acted = await _in_turn(ours, _fulfilments(prepared), limit, _bare_fulfilments())
            read = await _in_turn(ours, _pages(prepared), limit, _bare_pages())
    return [
        Row(
            "action: POST storing a registration and its event, 16 clients",
            acted[0],
            "req/s",
            acted[1],
            ">= 0.5",
        ),
        Row("read: GET a person's plan, 100 requirements", read[0], "req/s", read[1], ">= 0.5"),
    ]


Requests = Callable[[int], Iterator[bytes]]


async def _in_turn(
    ours: str, our_requests: Requests, limit: str, bare_requests: Requests
) -> tuple[float, float]:
    figures: list[float] = []
    limits: list[float] = []
    for url, requests in ((ours, our_requests), (limit, bare_requests)):
        await flood(url, requests, 1)  # warm up
    for _ in range(RUNS):
        limits.append(await flood(limit, bare_requests, SECONDS))
        figures.append(await flood(ours, our_requests, SECONDS))
    return paired(figures, limits)


def _fulfilments(prepared: Prepared) -> Requests:
    def of(client: int) -> Iterator[bytes]:
        person = prepared.people[client]
        path = f"/api/plans/assignments/{person.assignment}/requirements/{person.requirements[0]}:fulfil"
        headers = {"authorization": f"Bearer {person.token}", "if-match": "*"}
        for day in itertools.cycle(_DAYS):
            body = f'{{"fulfilled_on": "{day}", "unlock": true, "comment": "Gjort på avdelingen."}}'.encode()
            yield request("POST", path, headers, body)

    return of


def _bare_fulfilments() -> Requests:
    def of(client: int) -> Iterator[bytes]:
        for day in itertools.cycle(_DAYS):
            body = f'{{"fulfilled_on": "{day}", "unlock": true, "comment": "Gjort på avdelingen."}}'.encode()
            yield request("POST", f"/fulfil/{client}", {}, body)

    return of


def _pages(prepared: Prepared) -> Requests:
    def of(client: int) -> Iterator[bytes]:
        person = prepared.people[client]
        headers = {"authorization": f"Bearer {person.token}"}
        return itertools.repeat(request("GET", f"/api/plans/assignments/{person.assignment}", headers))

    return of


def _bare_pages() -> Requests:
    return lambda client: itertools.repeat(request("GET", f"/page/{client}", {}))


async def _record(prepared: Prepared) -> dict[str, Any]:
    pages, fulfilments = [], []
    for number, person in enumerate(prepared.people):
        read = await plans.recorded(prepared, number, f"/assignments/{person.assignment}")
        pages.append(max(read, key=lambda one: len(one[0])))
        path = f"/assignments/{person.assignment}/requirements/{person.requirements[0]}:fulfil"
        sent = []
        for day in (*_DAYS, _DAYS[0]):
            body = {"fulfilled_on": day, "unlock": True, "comment": "Gjort på avdelingen."}
            sent.append(await plans.recorded(prepared, number, path, "POST", body))
        fulfilments.append(_with_fresh_ids(sent[-2], sent[-1]))
    return {"page": pages, "fulfil": fulfilments, "answer": b"x" * 1200}


def _with_fresh_ids(one: list[Any], other: list[Any]) -> list[Any]:
    """The statements of `one`; ids that differ from the same request sent again are made anew each time."""

    def marked(value: Any, again: Any) -> Any:
        if isinstance(value, list) and isinstance(again, list) and len(value) == len(again):
            return [marked(a, b) for a, b in zip(value, again, strict=True)]
        return FRESH if isinstance(value, UUID) and value != again else value

    if [query for query, _ in one] != [query for query, _ in other]:
        raise RuntimeError("the same request sent other statements the second time")
    return [
        (query, [marked(a, b) for a, b in zip(arguments, again, strict=True)])
        for (query, arguments), (_, again) in zip(one, other, strict=True)
    ]
