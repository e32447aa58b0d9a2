"""Giving up an address that does not work, and trying it again."""

from uuid import UUID

from stafett_chassis.problems import Conflict
from stafett_chassis.work import Work
from stafett_contracts.ids import PersonId
from stafett_contracts.notify import EmailBounced, EmailRestored
from stafett_notify import acting
from stafett_notify.contacts import rules, store
from stafett_notify.contacts.rules import Trouble
from stafett_notify.live.actions import tell


async def delivered(work: Work, person_id: UUID) -> None:
    """An e-mail arrived: earlier trouble counts no more."""
    contact = await store.load(work, person_id)
    if contact and contact.failures:
        await store.set_state(work, person_id, failures=0, failing_since=None)


async def not_delivered(work: Work, person_id: UUID, address: str) -> None:
    """An e-mail was given up after temporary failures (NTF-104)."""
    contact = await store.load(work, person_id, for_update=True)
    if contact is None or contact.address != address or contact.state != "ok":
        return
    trouble, hopeless = rules.after_failure(Trouble(contact.failures, contact.failing_since), work.at)
    await store.set_state(work, person_id, failures=trouble.failures, failing_since=trouble.since)
    if hopeless:
        await suspend(work, person_id, address, "temporary failures for a week")


async def suspend(work: Work, person_id: UUID, address: str, reason: str) -> None:
    """Send no more alerts and summaries to the address, and tell identity."""
    contact = await store.load(work, person_id, for_update=True)
    if contact is None or contact.address != address or contact.state != "ok":
        return
    revision = contact.state_revision + 1
    await store.set_state(
        work, person_id, state="suspended", reason=reason, since=work.at, state_revision=revision
    )
    work.emit(EmailBounced(revision=revision, person_id=PersonId(person_id), address=address, reason=reason))
    tell(work, person_id, "reset")  # the home page now warns


async def retry(work: Work) -> None:
    """«Prøv igjen»: use one's suspended address again; a working one stays as it is."""
    person_id = acting.own(work.caller)
    contact = await store.load(work, person_id, for_update=True)
    if contact is None or contact.address is None:
        raise Conflict(
            "no_address", "Du har ingen e-postadresse registrert.", "You have no e-mail address registered."
        )
    if contact.state == "ok":
        return
    revision = contact.state_revision + 1
    await store.restore(work, person_id, revision)
    work.emit(EmailRestored(revision=revision, person_id=PersonId(person_id), address=contact.address))
    tell(work, person_id, "reset")
