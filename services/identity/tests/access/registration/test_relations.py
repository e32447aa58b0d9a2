"""Who may choose and remove leader, mentors and supervisors, and find people to choose."""

from datetime import timedelta
from typing import Any

import pytest

from stafett_contracts.identity import LeaderChanged, MentorRegistered, MentorRemoved, SupervisorRegistered
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import Role, Track


@pytest.fixture
async def ward(hospital: Any) -> dict[str, Any]:
    """A trainee with a leader, whose leader is the head, and everybody who could want to meddle."""
    hf = await hospital.unit("Havnes")
    unit = await hospital.unit("Sengepost", hf)
    names = (
        "head boss trainee mentor chosen colleague deputy delegated lead_b super_user hf_admin manager leaver apprentice"
    ).split()
    people = {name: await hospital.person(name.title(), "Moe") for name in names}
    head = await hospital.position(people["head"], unit)
    boss = await hospital.position(people["boss"], unit, leader=head)
    found: dict[str, Any] = {"unit": unit, "people": people, "boss_position": boss, "head_position": head}
    found["position"] = await hospital.position(people["trainee"], unit, leader=boss, track=Track.LIS2_3)
    await hospital.position(people["apprentice"], unit, leader=boss, track=Track.APPRENTICE)
    for name in ("mentor", "chosen", "colleague", "deputy"):
        await hospital.position(people[name], unit)
    yesterday = hospital.clock.now().date() - timedelta(days=1)
    await hospital.position(people["leaver"], unit, end_date=yesterday)
    for name, role in (
        ("delegated", Role.DELEGATED_LEADER),
        ("lead_b", Role.PROFESSIONAL_LEAD_B),
        ("super_user", Role.SUPER_USER),
        ("hf_admin", Role.HF_ADMIN),
        ("manager", Role.SYSTEM_MANAGER),
    ):
        await hospital.grant(await hospital.position(people[name], unit), role, hf)
    found["deputy"] = await hospital.deputy(boss, people["deputy"])
    await hospital.mentor(people["trainee"], people["mentor"])
    return found


@pytest.mark.rule("IDN-130")
async def test_the_trainee_and_the_leader_register_and_remove_mentors_and_nobody_else(
    hospital: Any, ward: Any
) -> None:
    people = ward["people"]
    trainee, chosen = people["trainee"].person_id, people["chosen"].person_id
    path = f"/people/{trainee}/mentors"
    allowed = {"trainee", "boss", "head"}
    for name in (
        "head boss trainee mentor chosen colleague delegated lead_b super_user hf_admin manager"
    ).split():
        client = await hospital.logged_in(people[name])
        registered = await client.post(path, json={"person_id": str(chosen)})
        expected = 204 if name in allowed else 403
        assert registered.status_code == expected, name
        if name in allowed:
            assert (await client.delete(f"{path}/{chosen}")).status_code == 204
        elif name != "chosen":
            assert (await client.delete(f"{path}/{people['head'].person_id}")).status_code in (403, 404)
    as_deputy = await hospital.logged_in(people["deputy"], ward["deputy"].deputy_id)
    assert (await as_deputy.post(path, json={"person_id": str(chosen)})).status_code == 204
    told = await hospital.identity.told(MentorRegistered)
    assert {str(one.trainee_person_id) for one in told} == {str(trainee)}
    assert told[-1].set_by_person_id == people["deputy"].person_id
    await hospital.end_deputy(ward["deputy"])
    assert (await as_deputy.delete(f"{path}/{chosen}")).status_code == 403
    nobody = hospital.identity.client()
    assert (await nobody.post(path, json={"person_id": str(chosen)})).status_code == 401
    assert (await nobody.delete(f"{path}/{chosen}")).status_code == 401


@pytest.mark.rule("IDN-130")
async def test_apprentices_have_mentors_too_and_others_have_none(hospital: Any, ward: Any) -> None:
    people = ward["people"]
    boss = await hospital.logged_in(people["boss"])
    chosen = {"person_id": str(people["chosen"].person_id)}
    apprentice = await hospital.logged_in(people["apprentice"])
    path = f"/people/{people['apprentice'].person_id}/mentors"
    assert (await apprentice.post(path, json=chosen)).status_code == 204
    assert (await boss.delete(f"{path}/{people['chosen'].person_id}")).status_code == 204
    head = await hospital.logged_in(people["head"])
    answer = await head.post(f"/people/{people['boss'].person_id}/mentors", json=chosen)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_training")


@pytest.mark.rule("IDN-131")
async def test_any_active_person_but_the_trainee_can_be_mentor_the_leader_too(
    hospital: Any, ward: Any
) -> None:
    people = ward["people"]
    client = await hospital.logged_in(people["trainee"])
    path = f"/people/{people['trainee'].person_id}/mentors"

    async def choose(person_id: Any) -> tuple[int, str | None]:
        answer = await client.post(path, json={"person_id": str(person_id)})
        return answer.status_code, answer.json()["code"] if answer.content else None

    assert await choose(people["boss"].person_id) == (204, None)
    assert await choose(people["boss"].person_id) == (204, None)  # is so already
    assert await choose(people["trainee"].person_id) == (409, "not_oneself")
    assert await choose(people["leaver"].person_id) == (422, "not_active")
    assert await choose(new_id()) == (404, "not_found")
    mentors = (await client.get("/me/personalia")).json()["mentors"]
    assert [one["name"] for one in mentors] == ["Boss Moe", "Mentor Moe"]
    assert len(await hospital.identity.told(MentorRegistered)) == 2


async def test_a_mentor_can_remove_themselves_and_no_other(hospital: Any, ward: Any) -> None:
    people = ward["people"]
    await hospital.mentor(people["trainee"], people["chosen"])
    client = await hospital.logged_in(people["mentor"])
    path = f"/people/{people['trainee'].person_id}/mentors"
    assert (await client.delete(f"{path}/{people['chosen'].person_id}")).status_code == 403
    assert (await client.delete(f"{path}/{people['mentor'].person_id}")).status_code == 204
    [told] = await hospital.identity.told(MentorRemoved)
    assert told.mentor_person_id == people["mentor"].person_id


async def test_of_people_who_are_not_here_nothing_is_known(hospital: Any, ward: Any) -> None:
    client = await hospital.logged_in(ward["people"]["boss"])
    chosen = {"person_id": str(ward["people"]["chosen"].person_id)}
    for person_id in (new_id(), ward["people"]["leaver"].person_id):
        assert (await client.post(f"/people/{person_id}/mentors", json=chosen)).status_code == 404


async def test_a_trainee_registers_and_removes_supervisors(town: Any) -> None:
    client, registered = await town.trainee()
    _, other = await town.trainee("20836500475", "Oddrun", "Eira", email="oddrun@post.example")
    path = f"/people/{registered['person_id']}/supervisors"
    assert (await client.post(path, json={"person_id": other["person_id"]})).status_code == 204
    [told] = await town.site.identity.told(SupervisorRegistered)
    assert str(told.supervisor_person_id) == other["person_id"]
    assert [one["name"] for one in (await town.relations(client))["supervisors"]] == ["Oddrun Eira"]
    assert (await client.delete(f"{path}/{other['person_id']}")).status_code == 204
    assert (await client.delete(f"{path}/{other['person_id']}")).status_code == 404


async def test_at_a_hospital_no_supervisor_is_registered_and_the_leader_is_hrs(
    hospital: Any, ward: Any
) -> None:
    people = ward["people"]
    client = await hospital.logged_in(people["trainee"])
    chosen = {"person_id": str(people["chosen"].person_id)}
    refused = await client.post(f"/people/{people['trainee'].person_id}/supervisors", json=chosen)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_registered_supervisors")
    leader = f"/positions/{ward['position'].position_id}/leader"
    for answer in (await client.put(leader, json=chosen), await client.delete(leader)):
        assert (answer.status_code, answer.json()["code"]) == (403, "managed_by_hr")
    invited = {"role": "mentor", "given_name": "A", "family_name": "B", "email": "a@b.no"}
    assert (await client.post("/invitations", json=invited)).json()["code"] == "managed_by_hr"


@pytest.mark.rule("IDN-058")
async def test_registered_active_people_are_found_and_chosen_without_an_invitation(town: Any) -> None:
    client, registered = await town.trainee()
    _, oddrun = await town.trainee(
        "20836500475", "Oddrun", "Vassbø Eira", email="o@post.example", department_id=str(town.office)
    )
    _, gone = await town.trainee("17837727936", "Oddvar", "Eira", email="g@post.example")
    await town.site.sql(
        "update account set state = 'deactivated' where person_id = $1::text::uuid", gone["person_id"]
    )
    for query in ("oddrun", "eira odd", "VASSBØ", "Od"):
        found = (await client.get("/people", params={"q": query})).json()
        assert [(one["name"], one["title"], one["unit_name"], one["hf_name"]) for one in found] == [
            ("Oddrun Vassbø Eira", "LIS1-lege", "Ytre Sund legekontor", "Ytre Sund kommune")
        ]
    for query in ("o", "ddrun", "%", "x:*"):
        assert (await client.get("/people", params={"q": query})).json() == []
    chosen = {"person_id": oddrun["person_id"]}
    position = registered["position_id"]
    assert (await client.put(f"/positions/{position}/leader", json=chosen)).status_code == 200
    assert (await client.post(f"/people/{registered['person_id']}/mentors", json=chosen)).status_code == 204
    shown = await town.relations(client)
    assert (shown["leader"]["name"], shown["leader"]["source"]) == ("Oddrun Vassbø Eira", "self")
    assert [one["name"] for one in shown["mentors"]] == ["Oddrun Vassbø Eira"]
    assert shown["invitations"] == []
    [told] = await town.site.identity.told(LeaderChanged)
    assert told.cause == "self"
    inactive = await client.post(
        f"/people/{registered['person_id']}/mentors", json={"person_id": gone["person_id"]}
    )
    assert (inactive.status_code, inactive.json()["code"]) == (422, "not_active")


async def test_ones_leader_is_chosen_by_oneself_only(town: Any) -> None:
    client, registered = await town.trainee()
    other, theirs = await town.trainee("20836500475", "Oddrun", "Eira", email="o@post.example")
    path = f"/positions/{registered['position_id']}/leader"
    chosen = {"person_id": theirs["person_id"]}
    assert (await other.put(path, json=chosen)).status_code == 403
    assert (await client.put(path, json=chosen)).status_code == 200
    assert (await other.delete(path)).status_code == 403
    assert (await client.put(f"/positions/{new_id()}/leader", json=chosen)).status_code == 404
    assert (await town.site.identity.client().put(path, json=chosen)).status_code == 401
    # And not in a circle (IDN-125).
    circle = await other.put(
        f"/positions/{theirs['position_id']}/leader", json={"person_id": registered["person_id"]}
    )
    assert (circle.status_code, circle.json()["code"]) == (409, "leader_cycle")


async def test_people_with_protected_identity_and_without_position_are_not_found(
    hospital: Any, ward: Any
) -> None:
    client = await hospital.logged_in(ward["people"]["trainee"])
    await hospital.sql(
        "update person set protected = true where person_id = $1", ward["people"]["colleague"].person_id
    )
    found = {one["name"] for one in (await client.get("/people", params={"q": "moe"})).json()}
    assert not {"Colleague Moe", "Leaver Moe"} & found
    assert "Boss Moe" in found
    assert (await hospital.identity.client().get("/people", params={"q": "moe"})).status_code == 401
