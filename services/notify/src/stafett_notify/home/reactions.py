"""The numbers of the follow-up cards are signing's own (NTF-033, NTF-038)."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import identity, signing
from stafett_notify.home import store
from stafett_notify.home.rules import COUNT_CARDS
from stafett_notify.live.actions import tell

reactions = Reactions()


@reactions.on(signing.CountsChanged)
async def counts_changed(work: Work, event: signing.CountsChanged) -> None:
    """What waits for the person; an older number never stands over a newer."""
    counts = [(COUNT_CARDS[one.list].value, one.waiting, one.has_handled) for one in event.lists]
    if not counts:
        return
    for row in await store.keep_counts(work, event.person_id, event.revision, counts):
        tell(
            work,
            event.person_id,
            "card.count",
            card=row["card"],
            waiting=row["waiting"],
            has_handled=row["has_handled"],
        )


@reactions.on(identity.PersonErased)
async def person_erased(work: Work, event: identity.PersonErased) -> None:
    """Counts and settings go with the person (NTF-145)."""
    await work.raw.execute("delete from card_count where person_id = $1", event.person_id)
    await work.raw.execute("delete from alert_settings where person_id = $1", event.person_id)
