"""Pieces of SQL that several queries about people's progress are made of.

What a status is, is decided in `progress/rules/status.py`; where thousands of rows are to be counted, the same is said
here in SQL, and a test holds the two together.
"""

SITE_WIDE = "'00000000-0000-0000-0000-000000000000'::uuid"

SCOPE = f"""
case when q.kind = 'activity' and (q.level in ('local', 'trust_central')
        or q.level = 'national' and v.learning_form in ('course', 'e_learning'))
    then a.hf_id else {SITE_WIDE} end"""
"""The trust a registration holds in (PLN-565), for assignment `a`, requirement `q` in version `v`."""

SHORTEST = """
shortest as (
    select a.person_id, i.requirement_id, min(coalesce(i.validity_days, v.validity_days)) as days
    from assignment a
    join plan_item i on i.plan_id = a.plan_id and i.state = 'active'
    join requirement q on q.requirement_id = i.requirement_id
    join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
    where a.person_id = any($1::uuid[]) and a.state = 'active'
        and (i.validity_days is not null or v.validity_days is not null)
        and not exists (
            select from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
                and m.removed_at is null and m.target_id in (i.requirement_id, i.section_id))
    group by a.person_id, i.requirement_id
)"""
"""Days of validity that decide for each person ($1) and requirement: the shortest of the active plans in which it
is active and relevant (PLN-172, PLN-619, PLN-671)."""

VALID_UNTIL = """
case when r.state = 'fulfilled' then coalesce(r.manual_expiry, r.fulfilled_on + s.days)
    else coalesce(r.kept_manual_expiry, r.kept_fulfilled_on + s.days) end"""

COUNTS_AS_DONE = f"""
((r.state = 'fulfilled' or r.kept_fulfilled_on is not null) and coalesce({VALID_UNTIL} >= $2::date, true))"""
"""Whether registration `r` with shortest validity `s` is done on the day $2: as `progress.rules.status.shown`."""

GOAL_WITHDRAWN = """
(coalesce(o.withdrawn_from <= $2::date, false) and not exists (
    select from goal_replacement x
    join local_goal n on n.plan_id = l.plan_id and n.goal_key = x.goal_key
    where x.old_goal_key = l.goal_key))"""
"""Whether goal `o` of local goal `l` is «Utgått» on the day $2 (PLN-496).

One that the plan has a successor of, updated or not, ends by being replaced instead (PLN-460).
"""

GOAL_IN_FORCE = f"""
(not l.must_be_updated and coalesce(o.effective_from <= $2::date, true)
    and not {GOAL_WITHDRAWN}
    and not exists (
        select from goal_replacement x
        join local_goal n on n.plan_id = l.plan_id and n.goal_key = x.goal_key and not n.must_be_updated
        join goal y on y.goal_key = n.goal_key and coalesce(y.effective_from <= $2::date, true)
        where x.old_goal_key = l.goal_key))"""
"""Whether local goal `l` of goal `o` is in force on the day $2 (PLN-723, PLN-460, PLN-496)."""
