"""Running an import: read, check, plan, and either apply everything or nothing (IDN-083 to IDN-092)."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict, NotFound
from stafett_chassis.work import Cause, Work
from stafett_contracts import identity
from stafett_contracts.ids import RunId, new_id
from stafett_contracts.vocabulary import ImportState, Origin, Role
from stafett_identity.directory import access
from stafett_identity.hr_import import applying, store
from stafett_identity.hr_import.rules import report
from stafett_identity.hr_import.rules.checking import check
from stafett_identity.hr_import.rules.known import Known, Site, Today
from stafett_identity.hr_import.rules.plan import Planned, plan
from stafett_identity.hr_import.rules.rows import Checked, FileRefused, RawFile
from stafett_identity.hr_import.store import APPLY, DRY_RUN, Run
from stafett_identity.hr_import.upload import Upload
from stafett_identity.national_ids import NationalIds
from stafett_identity.settings import IdentitySettings


async def upload(work: Work, settings: IdentitySettings, file: Upload, mode: str) -> Run:
    """Import a file by hand (IDN-080); for the system manager."""
    await access.require(work, work.caller, work.today, Role.SYSTEM_MANAGER)
    return await run_import(work, settings, file, dry_run=mode == DRY_RUN, started_by=work.caller.person_id)


async def run_import(
    work: Work,
    settings: IdentitySettings,
    file: Upload,
    *,
    dry_run: bool = False,
    started_by: UUID | None = None,
) -> Run:
    """Import `file`, or only say what it would change; the run with its result.

    The same file gives the first run's result; imports wait for one another (IDN-089).
    """
    await store.one_at_a_time(work)
    digest = file.hash()
    if not dry_run:
        earlier = await store.run_of_file(work, digest)
        if earlier is not None:
            return earlier
    run = Run(
        run_id=new_id(),
        file_id=None,
        file_created_at=None,
        hf_codes=[],
        mode=DRY_RUN if dry_run else APPLY,
        state=ImportState.RECEIVED.value,
        run_on=work.today,
        started_at=work.at,
        started_by=started_by,
        decided_by=None,
        decided_at=None,
        refusal=None,
        counts={},
    )
    importing = _Importing(_part(work, run.run_id), settings, run, digest)
    return await importing.run_file(file)


async def approve(work: Work, settings: IdentitySettings, run_id: UUID) -> Run:
    """Apply a held run as of today (IDN-090). Refused when a newer file was applied meanwhile."""
    run = await _to_decide(work, run_id)
    packed = await store.kept_file(work, run_id)
    if packed is None:
        raise Conflict(
            "file_erased", "Filen er slettet. Last den opp på nytt.", "The file is erased. Upload it again."
        )
    decided = replace(run, run_on=work.today, decided_by=work.caller.person_id, decided_at=work.at)
    importing = _Importing(_part(work, run_id), settings, decided, None, approved=True)
    done = await importing.run_file(Upload.unpacked(packed))
    if done.state == ImportState.REFUSED:
        code = (done.refusal or {}).get("code", "refused")
        raise Conflict(
            code, "Filen kan ikke lenger brukes.", "The file can no longer be used.", refusal=done.refusal
        )
    await store.drop_file(work, run_id)
    return done


async def reject(work: Work, run_id: UUID) -> Run:
    """Drop a held run; nothing is changed (IDN-090)."""
    run = await _to_decide(work, run_id)
    refusal = {"code": "rejected", "file": None, "field": None}
    await store.decide_run(
        work,
        run_id,
        state=ImportState.REFUSED.value,
        refusal=refusal,
        decided_by=work.caller.person_id,
        decided_at=work.at,
    )
    await store.drop_file(work, run_id)
    rejected = replace(
        run,
        state=ImportState.REFUSED.value,
        refusal=refusal,
        decided_by=work.caller.person_id,
        decided_at=work.at,
    )
    _tell(_part(work, run_id), rejected)
    return rejected


async def _to_decide(work: Work, run_id: UUID) -> Run:
    await access.require(work, work.caller, work.today, Role.SYSTEM_MANAGER)
    await store.one_at_a_time(work)
    run = await store.run(work, run_id, lock=True)
    if run is None:
        raise NotFound()
    if run.state != ImportState.HELD or run.mode != APPLY:
        raise Conflict(
            "not_held", "Importen venter ikke på godkjenning.", "The import does not wait for approval."
        )
    return run


def _part(work: Work, run_id: UUID, origin: Origin = Origin.IMPORT) -> Work:
    """This unit of work as the import: its events say so and carry the run."""
    return work.part(Cause(origin=origin, actor=work.cause.actor, run_id=RunId(run_id)))


def site_of(settings: IdentitySettings) -> Site:
    """What `settings` say about imports."""
    return Site(
        synthetic=settings.accepts_synthetic,
        job_tracks=dict(settings.hr_job_tracks),
        error_percent=settings.hr_error_percent,
        error_rows=settings.hr_error_rows,
        ended_percent=settings.hr_ended_percent,
        ended_positions=settings.hr_ended_positions,
    )


@dataclass
class _Importing:
    """One run under way. `approved`: it was held, and the system manager has looked at it."""

    work: Work
    settings: IdentitySettings
    run: Run
    digest: bytes | None
    approved: bool = False

    async def run_file(self, file: Upload) -> Run:
        """The whole run; a refused file leaves only the run behind."""
        try:
            raw = await asyncio.to_thread(file.read)
            self.run = replace(
                self.run,
                file_id=raw.manifest.file_id,
                file_created_at=raw.manifest.created_at,
                hf_codes=list(raw.manifest.hf_codes),
            )
            newest = await store.newest_applied(self.work, raw.manifest.hf_codes)
            if newest is None:
                # Nobody is to be alerted of a trust's whole staff (NTF-015).
                self.work = _part(self.work, self.run.run_id, Origin.INITIAL_LOAD)
            elif raw.manifest.created_at < newest:
                raise FileRefused("older_than_applied")
            known = await store.load_known(self.work)
            checked, planned = await asyncio.to_thread(self._decide, raw, known)
        except FileRefused as refused:
            return await self._refuse(refused)
        return await self._finish(file, known, checked, planned)

    def _decide(self, raw: RawFile, known: Known) -> tuple[Checked, Planned]:
        site, keys = site_of(self.settings), NationalIds.of(self.settings)
        checked = check(raw, known, site, self.run.run_on, keys.hash)
        return checked, plan(checked, known, site, Today(self.run.run_on, new_id), self.work.at)

    async def _refuse(self, refused: FileRefused) -> Run:
        refusal = {"code": refused.code, "file": refused.file, "field": refused.field}
        return await self._store(ImportState.REFUSED, refusal=refusal)

    async def _finish(self, file: Upload, known: Known, checked: Checked, planned: Planned) -> Run:
        held = bool(planned.outcome.held_by) and not self.approved
        applied = self.run.mode == APPLY and not held
        if applied:
            await applying.apply(self.work, planned.outcome, known, NationalIds.of(self.settings))
        changes = report.changes(planned)
        errors = report.findings(checked.errors)
        warnings = report.findings([*checked.warnings, *planned.warnings])
        counts = {name: len(entries) for name, entries in changes.items()}
        done = await self._store(
            ImportState.HELD if held else ImportState.APPLIED,
            refusal={"code": "too_many_would_end", "file": None, "field": None} if held else None,
            counts={
                **counts,
                "units": len(checked.units),
                "positions": len(checked.positions),
                "errors": len(errors),
                "warnings": len(warnings),
            },
            errors=errors,
            warnings=warnings,
            changes=changes,
        )
        if held and self.run.mode == APPLY:
            await store.keep_file(self.work, done.run_id, file.packed(), self.work.at)
        return done

    async def _store(
        self,
        state: ImportState,
        *,
        refusal: dict[str, Any] | None,
        counts: dict[str, int] | None = None,
        errors: list[report.Entry] | None = None,
        warnings: list[report.Entry] | None = None,
        changes: dict[str, list[report.Entry]] | None = None,
    ) -> Run:
        done = replace(self.run, state=state.value, refusal=refusal, counts=counts or {})
        columns = {name: getattr(done, name) for name in Run.__slots__ if name != "run_id"}
        lists = {"errors": errors or [], "warnings": warnings or [], "changes": changes or {}}
        if self.digest is None:
            await store.decide_run(self.work, done.run_id, **columns, **lists)
        else:
            await store.add_run(self.work, run_id=done.run_id, file_hash=self.digest, **columns, **lists)
        if done.mode == APPLY:
            _tell(self.work, done)
        return done


_EVENTS: dict[str, type[identity.ImportData]] = {
    ImportState.APPLIED: identity.ImportApplied,
    ImportState.HELD: identity.ImportHeld,
    ImportState.REFUSED: identity.ImportRefused,
}


def _tell(work: Work, run: Run) -> None:
    work.emit(
        _EVENTS[run.state](
            # A held run is told of a second time when it is decided.
            revision=2 if run.decided_at else 1,
            run_id=RunId(run.run_id),
            state=ImportState(run.state),
            hf_codes=tuple(run.hf_codes),
            counts=tuple({"name": name, "count": count} for name, count in run.counts.items() if count),  # type: ignore[misc]
            reason=(run.refusal or {}).get("code"),
        )
    )
