"""The nightly import, and the alarm when none was applied (IDN-080, IDN-092)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog

from stafett_chassis.schedules import Run, Schedule
from stafett_contracts import identity
from stafett_identity.hr_import import actions, store
from stafett_identity.hr_import.upload import Upload
from stafett_identity.settings import IdentitySettings

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
_PARTS = ("manifest.json", "units.csv", "positions.csv")


def settings_of(run: Run) -> IdentitySettings:
    """The settings of the service whose job this is."""
    return run.units.own.settings  # type: ignore[no-any-return]


def upload_at(path: Path) -> Upload | None:
    """The HR file at `path`: a JSON file, or a folder with a CSV pair and its manifest; none if it is neither."""
    if path.is_dir():
        parts = [path / name for name in _PARTS]
        if not all(part.is_file() for part in parts):
            return None
        manifest, units, positions = (part.read_bytes() for part in parts)
        return Upload(manifest=manifest, units=units, positions=positions)
    return Upload(json=path.read_bytes()) if path.suffix == ".json" else None


def files_in(folder: Path) -> list[Upload]:
    """The files in HR's folder, the oldest first."""
    found = [(path.stat().st_mtime, upload_at(path)) for path in folder.iterdir()]
    return [upload for _, upload in sorted(found, key=lambda one: one[0]) if upload is not None]


async def import_nightly(run: Run) -> None:
    """Import what lies in HR's folder; a file that was imported before changes nothing (IDN-089)."""
    settings = settings_of(run)
    if settings.hr_folder is None:
        return
    for file in await asyncio.to_thread(files_in, Path(settings.hr_folder)):
        async with run.begin() as work:
            done = await actions.run_import(work, settings, file)
        log.info("hr_file_imported", run_id=str(done.run_id), state=done.state)


async def miss_import(run: Run) -> None:
    """Tell the system manager when nothing was applied today; there is no HR at the municipal site."""
    if settings_of(run).site_kind != "rhf":
        return
    async with run.begin() as work:
        if not await store.applied_on(work, run.day):
            work.emit(identity.ImportMissed(revision=1, expected_on=run.day))


async def forget_files(run: Run) -> None:
    """Erase the files of runs that nobody decided over for 30 days (IDN-261)."""
    async with run.begin() as work:
        await store.forget_files(work, work.at - KEPT)


schedules = [
    Schedule("hr.import", "0 2 * * 1-5", import_nightly),
    Schedule("hr.missed", "0 6 * * 1-5", miss_import),
    Schedule("hr.forget", "20 0 * * *", forget_files),
]
