"""What the directory's changes mean for alerts: positions that go on, people who are erased."""

from sqlalchemy.dialects.postgresql import insert

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_notify.alerts.store import continuing_position

reactions = Reactions()

_ERASE = """
with mine as (delete from alert where person_id = $1), ended as (delete from stream_event where person_id = $1)
update alert set
    params = case when params ? 'person' then jsonb_set(params, '{person}', $2) else params end,
    items = (select coalesce(jsonb_agg(
        case when i ? 'person' then jsonb_set(i, '{person}', $2) else i end order by place), '[]')
        from jsonb_array_elements(items) with ordinality as e(i, place)),
    actor_name = case when actor_id = $1 then null else actor_name end
where about_id = $1 and person_id <> $1
"""
_UNSIGN = "update alert set actor_name = null where actor_id = $1 and actor_name is not null"


@reactions.on(identity.PositionCreated, identity.PositionChanged)
async def position_continues(work: Work, event: identity.PositionData) -> None:
    """Remember the positions that continue another (NTF-007, NTF-015)."""
    if event.predecessor_id is None:
        return
    await work.run(
        insert(continuing_position)
        .values(position_id=event.position_id, predecessor_id=event.predecessor_id)
        .on_conflict_do_nothing()
    )


@reactions.on(identity.PersonErased)
async def person_erased(work: Work, event: identity.PersonErased) -> None:
    """Own alerts go; in those of others the name becomes «Tidligere bruker» (NTF-145)."""
    await work.raw.execute(_ERASE, event.person_id, {"nb": "Tidligere bruker", "en": "Former user"})
    await work.raw.execute(_UNSIGN, event.person_id)
