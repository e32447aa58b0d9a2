"""Files, kept under the hash of their content: a local folder by default, S3 in production (obstore).

The same content is stored once; what was stored is never changed, so a hash in a signed basis stays true.
"""

import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any

import obstore
from obstore.store import from_url

_HASH = re.compile(r"[0-9a-f]{64}")


class BlobUnavailable(Exception):
    """The store cannot be reached, is full, or is not configured; nothing was stored."""


class Blobs:
    """A store at `url` (`file:///folder`, `s3://bucket/prefix`, or empty for none)."""

    def __init__(self, url: str) -> None:
        self._store: Any = None
        if url.startswith("file:"):
            self._store = from_url(url, mkdir=True)
        elif url:
            self._store = from_url(url)

    async def put(self, content: bytes) -> str:
        """Store `content`; its SHA-256 in lower-case hex. Storing again is harmless."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            await obstore.put_async(self._ready(), _path(digest), content)
        except (OSError, obstore.exceptions.BaseError) as error:
            raise BlobUnavailable(str(error)) from error
        return digest

    async def get(self, digest: str) -> AsyncIterator[bytes]:
        """The content in parts. `LookupError` when there is none."""
        try:
            found = await obstore.get_async(self._ready(), _path(digest))
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            raise LookupError(f"no blob {digest}") from None
        except (OSError, obstore.exceptions.BaseError) as error:
            raise BlobUnavailable(str(error)) from error
        async for part in found.stream():
            yield bytes(part)

    async def read(self, digest: str) -> bytes:
        """The whole content. `LookupError` when there is none."""
        return b"".join([part async for part in self.get(digest)])

    async def delete(self, digest: str) -> None:
        """Remove the content, if it is there."""
        try:
            await obstore.delete_async(self._ready(), _path(digest))
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return
        except (OSError, obstore.exceptions.BaseError) as error:
            raise BlobUnavailable(str(error)) from error

    def _ready(self) -> Any:
        if self._store is None:
            raise BlobUnavailable("no store is configured (STAFETT_BLOB_URL)")
        return self._store


def _path(digest: str) -> str:
    if not _HASH.fullmatch(digest):
        raise LookupError("a blob is named by a SHA-256 in lower-case hex")
    return f"{digest[:2]}/{digest}"
