"""The limit of `action` and `read`: bare FastAPI routes with bare asyncpg, in a process of their own."""

import pickle
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI, Response

from stafett_plans.progress.api import Fulfilment


def application(database_url: str, recording: dict[str, Any]) -> FastAPI:
    """Routes that send the recorded statements. `FRESH` in an argument list stands for a new id each time."""
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        async def teach(raw: Any) -> None:
            for name in ("json", "jsonb"):
                await raw.set_type_codec(
                    name,
                    schema="pg_catalog",
                    encoder=lambda value: orjson.dumps(value).decode(),
                    decoder=orjson.loads,
                )

        async with asyncpg.create_pool(
            database_url, min_size=16, max_size=16, init=teach, server_settings={"jit": "off"}
        ) as pool:
            pools.append(pool)
            yield

    app = FastAPI(lifespan=life)

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.get("/page/{person}")
    async def page(person: int) -> Response:
        query, arguments = recording["page"][person]
        async with pools[0].acquire() as raw:
            rows = await raw.fetch(query, *arguments)
        return Response(orjson.dumps([dict(row) for row in rows], default=str), media_type="application/json")

    @app.post("/fulfil/{person}")
    async def fulfil(person: int, body: Fulfilment) -> Response:
        async with pools[0].acquire() as raw, raw.transaction():
            for query, arguments in recording["fulfil"][person]:
                await raw.fetch(query, *[_fresh(one) for one in arguments])
        return Response(recording["answer"], media_type="application/json")

    return app


FRESH = "\0fresh"


def _fresh(value: Any) -> Any:
    if isinstance(value, list):
        return [uuid4() if one == FRESH else one for one in value]
    return uuid4() if isinstance(value, str) and value == FRESH else value


if __name__ == "__main__":
    database_url, recording_file, port = sys.argv[1:]
    uvicorn.run(
        application(database_url, pickle.loads(Path(recording_file).read_bytes())),  # our own file
        host="127.0.0.1",
        port=int(port),
        log_level="error",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
