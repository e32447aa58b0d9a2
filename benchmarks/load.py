"""A cheap HTTP client: the measuring shares two cores with what is measured."""

import asyncio
import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

CLIENTS = 16


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench", f"content-length: {len(body)}"]
    if body:
        lines.append("content-type: application/json")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def flood(
    url: str, requests: Callable[[int], Iterable[bytes]], seconds: float, *, clients: int = CLIENTS
) -> float:
    """Answers a second while `clients` connections send what `requests(client)` yields, each after its answer.

    Raises `RuntimeError` at the first answer that is not a success.
    """
    where = urlsplit(url)
    ends = time.perf_counter() + seconds
    started = time.perf_counter()

    async def one(number: int) -> int:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        done = 0
        try:
            for sending in requests(number):
                writer.write(sending)
                await answer(reader)
                done += 1
                if time.perf_counter() > ends:
                    break
        finally:
            writer.close()
        return done

    counts = await asyncio.gather(*(one(number) for number in range(clients)))
    return sum(counts) / (time.perf_counter() - started)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer on a connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])
    body = await reader.readexactly(length) if length else b""
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"{head.splitlines()[0].decode()}: {body[:500].decode(errors='replace')}")
    return body
