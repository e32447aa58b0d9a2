"""Who may do what: every role with every operation, refusals too (the table in signing.md as far as it is built)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from stafett_contracts.identity import LeaderPeriod
from stafett_contracts.ids import LinkId, new_id
from stafett_contracts.vocabulary import LeaderSource, RequestKind, Role

OPERATIONS = ("read", "decide", "cancel", "recall")

ROLES: dict[str, Callable[[Any], Any]] = {
    "employee": lambda ward: ward.as_(ward.kari),
    "supervisor": lambda ward: ward.as_(ward.siri),
    "leader": lambda ward: ward.as_(ward.boss),
    "deputy in session": lambda ward: ward.as_(ward.per, deputy_for=ward.boss),
    "deputy in own session": lambda ward: ward.as_(ward.per),
    "deputy of nobody": lambda ward: ward.as_(ward.ola, deputy_for=ward.boss),
    "leader of others": lambda ward: ward.as_(ward.gro),
    "mentor": lambda ward: ward.as_(ward.world.mentor_position),
    "training lead": lambda ward: ward.as_(ward.world.lead_position),
    "stranger": lambda ward: ward.as_(ward.ola),
    "nobody": lambda ward: ward.signing.client(),
    **{role.value: lambda ward, role=role: ward.as_(ward.world.holders[role]) for role in (  # type: ignore[misc]
        Role.HF_ADMIN, Role.LIS_HF_ADMIN, Role.RHF_ADMIN, Role.SUPER_USER, Role.PROFESSIONAL_LEAD_A,
        Role.PROFESSIONAL_LEAD_B, Role.PLAN_STEWARD,
    )},
}  # fmt: skip

UNSEEN = (404, 404, 404, 404)
READS = (200, 403, 403, 403)
# What is not named is `UNSEEN`. Each line: read, decide, cancel, recall.
EXPECTED: dict[RequestKind, dict[str, tuple[int, int, int, int]]] = {
    kind: {
        "employee": (200, 403, 403, 403 if kind is RequestKind.PLAN else 200),
        "nobody": (401, 401, 401, 401),
        # Whoever once acted for the leader is told that the right is gone, not that there is nothing (SGN-047).
        "deputy of nobody": (404, 403, 403, 403) if by_leader else UNSEEN,
        **(
            {"leader": (200, 200, 200, 403), "deputy in session": (200, 200, 200, 403)}
            if by_leader
            else {
                "supervisor": (200, 200, 200, 403),
                "leader": READS,
                "deputy in session": READS,
            }
        ),
    }
    for kind, by_leader in (
        (RequestKind.REQUIREMENT, False),
        (RequestKind.ACTIVITY, False),
        (RequestKind.REPETITIONS, False),
        (RequestKind.GOAL, True),
        (RequestKind.PLAN, True),
        (RequestKind.TRAINING_TIME, True),
    )
}


async def with_everybody(ward: Any) -> None:
    world, unit = ward.world, ward.kari.unit
    world.mentor_position = world.person("Mona", "Veileder").at(unit)
    world.mentor(ward.kari.person, world.mentor_position.person)
    world.lead_position = world.person("Ulf", "Utdanning").at(unit)
    world.training_lead(ward.kari, world.lead_position, "akutt")
    world.holders = {}
    for role in (
        Role.HF_ADMIN, Role.LIS_HF_ADMIN, Role.RHF_ADMIN, Role.SUPER_USER, Role.PROFESSIONAL_LEAD_A,
        Role.PROFESSIONAL_LEAD_B, Role.PLAN_STEWARD,
    ):  # fmt: skip
        world.holders[role] = world.person("Rolle", role.value).at(unit)
        world.grant(world.holders[role], role, unit)
    await ward.news()


@pytest.mark.rule("SGN-049", "SGN-167")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_every_role_does_what_the_table_allows_and_nothing_else(ward: Any, kind: RequestKind) -> None:
    await with_everybody(ward)
    found, expected = {}, {}
    for role, client_of in ROLES.items():
        client = client_of(ward)
        codes = []
        for operation in OPERATIONS:
            asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
            if operation == "read":
                answer = await client.get(f"/requests/{asked.request_id}")
            elif operation == "decide":
                answer = await ward.decide(client, asked)
            elif operation == "recall":
                answer = await ward.recall(client, asked)
            else:
                decider = ward.siri if (await ward.stored(asked))["list"] == "signatures" else ward.boss
                assert (await ward.decide(ward.as_(decider), asked)).status_code == 200
                answer = await ward.cancel(client, asked, comment="x")
            codes.append(answer.status_code)
            if answer.status_code >= 400 and operation != "cancel":
                assert set(await ward.statuses(asked)) == {"waiting"}
        found[role] = tuple(codes)
        expected[role] = EXPECTED[kind].get(role, UNSEEN)
    assert found == expected


async def test_an_earlier_leader_reads_and_decides_only_what_was_sent_to_him(ward: Any) -> None:
    period = LeaderPeriod(
        link_id=LinkId(new_id()),
        leader_position_id=ward.gro.position_id,
        leader_person_id=ward.gro.person_id,
        source=LeaderSource.HR,
        valid_from=date(2020, 1, 1),
        valid_to=date(2021, 1, 1),
    )
    ward.world.set_leader(ward.kari, ward.boss, earlier=[period])
    await ward.news()
    client = ward.as_(ward.gro)
    his = await ward.ask(ward.asks.goal(ward.kari, ward.gro))
    others = await ward.ask(ward.asks.goal(ward.kari, ward.boss))
    plan = await ward.ask(ward.asks.plan(ward.kari))
    assert (await ward.decide(client, his)).status_code == 200
    assert (await ward.cancel(client, his, comment="x")).status_code == 200
    for asked in (others, plan):
        assert (await client.get(f"/requests/{asked.request_id}")).status_code == 404
        assert (await ward.decide(client, asked)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/me/tasks", "/requests?list=goals", "/supervisors?q=moe", "/reasons?kind=goal"]
)
async def test_nothing_is_open_to_those_who_are_not_logged_in(ward: Any, path: str) -> None:
    assert (await ward.signing.client().get(path)).status_code == 401


async def test_a_former_supervisor_reads_what_he_decided(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    await ward.decide(ward.as_(ward.siri), asked)
    assert (await ward.see(ward.as_(ward.siri), asked))["status"]["status"] == "signed"
