"""A plans service with people and plans in it, as the figures about requests need it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from benchmarks.servers import Servers
from stafett_chassis import migrate
from stafett_chassis.auth import public_keys
from stafett_chassis.clock import SystemClock
from stafett_contracts.vocabulary import Role
from stafett_plans.app import service
from stafett_testing.people import Position, World
from stafett_testing.service import ServiceUnderTest, service_under_test, signing_key
from stafett_testing.waiting import find_free_port

STAFETT = str(Path(sys.executable).with_name("stafett"))
PEOPLE = 16
REQUIREMENTS = 100
_LONG = 10**8


@dataclass(frozen=True)
class Person:
    """Somebody with a plan, and a token to act with."""

    token: str
    assignment: str
    requirements: Sequence[str]


@dataclass(frozen=True)
class Prepared:
    """A filled database of plans."""

    database_url: str
    people: Sequence[Person]
    world: World
    positions: Sequence[Position]
    leader: Position
    supervisor: Position


async def prepare(servers: Servers) -> Prepared:
    """Sixteen people, each given a plan of a hundred requirements; every third requirement is fulfilled."""
    url = servers.databases.create()
    await migrate.upgrade(service.package, url)
    world = World()
    trust = world.unit("Havnes sykehus")
    ward = world.unit("Sengepost 2", parent=trust)
    leader = world.person("Torbjørn", "Engeskår").at(ward)
    supervisor = world.person("Máret Inga", "Návuotna").at(ward)
    admin = world.person("Gro-Anita", "Tømmervåg").at(ward)
    region_admin = world.person("Sverre", "Ødegårdstuen").at(ward)
    world.grant(admin, Role.HF_ADMIN, trust)
    world.grant(region_admin, Role.RHF_ADMIN, trust)
    positions = [world.person("Kari", f"Hansen{n}").at(ward, leader=leader) for n in range(PEOPLE)]
    async with service_under_test(service, url, clock=SystemClock()) as plans:
        await plans.deliver(*world.news())
        plan = await _plan(plans, admin, region_admin, str(trust.unit_id))
        pairs = [
            {"position_id": str(one.position_id), "plan_id": plan, "action": "assign"} for one in positions
        ]
        answer = await plans.client(leader).post("/assignments:bulk", json={"pairs": pairs})
        answer.raise_for_status()
        people = []
        for position in positions:
            client = plans.client(position)
            [line] = (await client.get("/me/plans")).json()
            page = (await client.get(f"/assignments/{line['assignment_id']}")).json()
            items = [item["requirement_id"] for section in page["sections"] for item in section["items"]]
            for item in items[::3]:
                path = f"/assignments/{line['assignment_id']}/requirements/{item}:fulfil"
                done = await client.post(path, json={"fulfilled_on": "2026-01-05"}, headers={"if-match": "*"})
                done.raise_for_status()
            token = plans.token(plans.caller(position), lifetime=_LONG)
            people.append(Person(token, line["assignment_id"], items))
        await plans.forget_told()
    return Prepared(url, people, world, positions, leader, supervisor)


async def _plan(plans: ServiceUnderTest, admin: Position, region_admin: Position, trust: str) -> str:
    client = plans.client(admin)
    category = await plans.client(region_admin).post("/categories", json={"name": "Felles"})
    category.raise_for_status()
    body = {
        "type": "competence",
        "unit_id": trust,
        "name": "U1 – Ny på sengepost",
        "completion": "automatic",
    }
    made = await client.post("/plans", json=body)
    made.raise_for_status()
    plan_id = made.json()["head"]["plan_id"]
    plan = (await client.post(f"/plans/{plan_id}/sections", json={"name": "De første ukene"})).json()
    section = plan["sections"][0]["section_id"]
    for number in range(REQUIREMENTS):
        new = {
            "name": f"Krav nummer {number}",
            "learning_form": "self_study",
            "documentation_form": "self_registration",
            "category_id": category.json()["category_id"],
        }
        answer = await client.post(f"/plans/{plan_id}/items", json={"section_id": section, "new": new})
        answer.raise_for_status()
    pending = (await client.get(f"/plans/{plan_id}/pending")).json()
    approved = await client.post(
        f"/plans/{plan_id}/approve", json={}, headers={"if-match": str(pending["revision"])}
    )
    approved.raise_for_status()
    roles = {"document_owner_id": str(admin.person_id), "document_responsible_id": str(admin.person_id)}
    await client.put(f"/plans/{plan_id}/document-roles", json=roles, headers={"if-match": "*"})
    units = [{"unit_id": trust, "include_sub_units": True}]
    published = await client.post(f"/plans/{plan_id}/publications", json={"units": units})
    published.raise_for_status()
    return str(plan_id)


@asynccontextmanager
async def keys_served() -> AsyncIterator[str]:
    """The address of an identity that does nothing but publish the keys the tokens are signed with."""
    body = json.dumps(public_keys([signing_key()])).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def environment(database_url: str, identity_url: str, port: int, **more: str) -> dict[str, str]:
    """The environment of a service of this run."""
    return {
        "STAFETT_SITE": "vest",
        "STAFETT_SITE_NAME": "Helse Vestkyst",
        "STAFETT_SITE_KIND": "rhf",
        "STAFETT_ENVIRONMENT": "test",
        "STAFETT_DATABASE_URL": database_url,
        "STAFETT_DATABASE_POOL": str(PEOPLE),
        "STAFETT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STAFETT_IDENTITY_URL": identity_url,
        "STAFETT_SERVICE_SECRET": "x" * 40,
        "STAFETT_HTTP_PORT": str(port),
        "STAFETT_LOG_LEVEL": "warning",
        **more,
    }


@asynccontextmanager
async def process(command: list[str], given: dict[str, str], ready: str | None) -> AsyncIterator[int]:
    """A process that answers at `ready`; told to end when the block does."""
    running = await asyncio.create_subprocess_exec(*command, env={**os.environ, **given})
    try:
        if ready:
            await wait_for(ready)
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        await running.wait()


async def wait_for(url: str) -> None:
    """Wait until `url` answers with a success."""
    async with httpx.AsyncClient() as http, asyncio.timeout(60):
        while True:
            try:
                if (await http.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


async def recorded(
    prepared: Prepared, person: int, path: str, method: str = "GET", body: Any = None
) -> list[tuple[str, list[Any]]]:
    """The statements our service sends for a request, with their arguments, as asyncpg sees them."""
    statements: list[tuple[str, list[Any]]] = []

    def note(query: Any) -> None:
        if query.query.rstrip(";").upper() not in ("BEGIN", "COMMIT"):
            statements.append((query.query, list(query.args)))

    async with service_under_test(service, prepared.database_url, clock=SystemClock()) as plans:
        client = plans.client(prepared.positions[person])
        (
            await client.get("/me/plans")
        ).raise_for_status()  # the connection is there, and has learnt its codecs
        async with plans.runtime.database.pool.acquire() as raw:
            raw.add_query_logger(note)
        answer = await client.request(method, path, json=body, headers={"if-match": "*"} if body else {})
        answer.raise_for_status()
    # The wake-up of the relay, and what asyncpg asks a new connection about types, are no part of the request.
    return [
        one
        for one in statements
        if "pg_notify" not in one[0] and "pg_catalog" not in one[0] and "'jit'" not in one[0]
    ]


def free_port() -> int:
    """A port nobody listens on."""
    return find_free_port()
