"""Identity's events about addresses."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_notify.contacts import store

reactions = Reactions()


@reactions.on(identity.PersonContactChanged)
async def contact_changed(work: Work, event: identity.PersonContactChanged) -> None:
    """Another address, or another language."""
    await store.keep(work, event.person_id, event.email, event.language.value, event.revision)


@reactions.on(identity.PersonContactErased)
async def contact_erased(work: Work, event: identity.PersonContactErased) -> None:
    """No address any more."""
    await store.forget(work, event.person_id, event.revision)


@reactions.on(identity.PersonErased)
async def person_erased(work: Work, event: identity.PersonErased) -> None:
    """Nothing is kept (NTF-145)."""
    await store.forget(work, event.person_id, None)
