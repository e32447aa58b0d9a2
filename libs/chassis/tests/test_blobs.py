"""Files under the hash of their content, in a local folder."""

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from stafett_chassis.blobs import Blobs, BlobUnavailable
from stafett_chassis.settings import file_blob_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a folder with æøå"


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    return Blobs(file_blob_url(folder))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_content_is_named_by_its_hash_and_comes_back_as_it_was(blobs: Blobs, folder: Path) -> None:
    content = bytes(range(256)) * 20_000
    digest = await blobs.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert await blobs.read(digest) == content
    assert files(folder) == [folder / digest[:2] / digest]
    parts = [part async for part in blobs.get(digest)]
    assert b"".join(parts) == content


async def test_the_same_content_is_stored_once_however_many_store_it(blobs: Blobs, folder: Path) -> None:
    digests = await asyncio.gather(*(blobs.put(b"the same" * 10_000) for _ in range(20)))
    assert len(set(digests)) == 1
    assert len(files(folder)) == 1
    assert await blobs.read(digests[0]) == b"the same" * 10_000


async def test_what_is_missing_is_a_lookup_error_and_may_be_deleted(blobs: Blobs) -> None:
    digest = "0" * 64
    with pytest.raises(LookupError):
        await blobs.read(digest)
    await blobs.delete(digest)
    kept = await blobs.put(b"x")
    await blobs.delete(kept)
    with pytest.raises(LookupError):
        await blobs.read(kept)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "g" * 64])
async def test_only_a_hash_names_a_file(blobs: Blobs, name: str) -> None:
    with pytest.raises(LookupError):
        await blobs.read(name)
    with pytest.raises(LookupError):
        await blobs.delete(name)


async def test_without_a_store_nothing_is_stored() -> None:
    with pytest.raises(BlobUnavailable, match="STAFETT_BLOB_URL"):
        await Blobs("").put(b"x")


def limited(folder: Path, act: str) -> str:
    """What `act` prints in a process that may write files of at most 64 KiB: the kernel refuses as with a full disk."""
    program = f"""
import asyncio, resource
from stafett_chassis.blobs import Blobs, BlobUnavailable
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
blobs = Blobs({file_blob_url(folder)!r})
content = b"x" * 1_000_000
{act}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def test_a_full_disk_is_told_and_leaves_no_half_file(folder: Path) -> None:
    printed = limited(
        folder,
        """
try:
    asyncio.run(blobs.put(content))
except BlobUnavailable as error:
    print("refused", bool(str(error)))
""",
    )
    assert printed == "refused True"
    digest = hashlib.sha256(b"x" * 1_000_000).hexdigest()
    blobs = Blobs(file_blob_url(folder))
    with pytest.raises(LookupError):
        await blobs.read(digest)
    assert await blobs.put(b"x" * 1_000_000) == digest
    assert await blobs.read(digest) == b"x" * 1_000_000


async def test_a_failed_second_storing_leaves_the_first_whole(folder: Path) -> None:
    blobs = Blobs(file_blob_url(folder))
    digest = await blobs.put(b"x" * 1_000_000)
    limited(
        folder,
        """
try:
    asyncio.run(blobs.put(content))
except BlobUnavailable:
    pass
""",
    )
    assert await blobs.read(digest) == b"x" * 1_000_000


def test_a_reader_never_sees_a_file_that_is_being_written(folder: Path) -> None:
    """A writer killed at any moment leaves the whole file or none."""
    content = b"y" * 20_000_000
    digest = hashlib.sha256(content).hexdigest()
    program = f"""
import asyncio
from stafett_chassis.blobs import Blobs
blobs = Blobs({file_blob_url(folder)!r})
print("ready", flush=True)
while True:
    asyncio.run(blobs.put(b"y" * 20_000_000))
    asyncio.run(blobs.delete({digest!r}))
"""
    target = folder / digest[:2] / digest
    for _ in range(4):
        writer = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(400):
            try:
                assert target.stat().st_size == len(content)
            except FileNotFoundError:
                continue
        writer.kill()
        writer.communicate()
        assert not target.exists() or target.read_bytes() == content
