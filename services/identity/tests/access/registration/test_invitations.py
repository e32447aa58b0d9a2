"""Inviting a leader, mentor or supervisor, and answering the invitation."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from stafett_contracts.identity import (
    EmailVerificationRequested,
    InvitationAccepted,
    InvitationConfirmationNeeded,
    InvitationExpired,
    InvitationResent,
    InvitationSent,
    InvitationWithdrawn,
    LeaderChanged,
    MentorRegistered,
    MentorRemoved,
    PersonContactChanged,
    PersonRegistered,
    PositionCreated,
    SupervisorRegistered,
)
from stafett_contracts.ids import EventId, MailId, SubjectId, new_id
from stafett_contracts.notify import EmailUndelivered
from stafett_contracts.vocabulary import MailSource, UndeliveredReason

ANY = {"if-match": "*"}


@pytest.mark.rule("IDN-059")
async def test_a_trainee_invites_by_name_and_address_to_one_role_at_a_time(town: Any) -> None:
    client, registered = await town.trainee()
    sent, _ = await town.invite(client, message="Hei!")
    also, _ = await town.invite(client, role="leader")
    assert (sent["role"], sent["state"], sent["name"]) == ("mentor", "open", "Håvard Kvåle")
    first, second = await town.site.identity.told(InvitationSent)
    assert (first.role, first.address, first.name) == ("mentor", "havard.kvale@post.example", "Håvard Kvåle")
    assert (first.message, first.send_count, str(first.trainee.person_id)) == (
        "Hei!",
        1,
        registered["person_id"],
    )
    assert first.trainee.name == "Sunniva Lillebø-Hætta"
    assert (second.role, second.link) != (first.role, first.link)
    listed = (await client.get("/invitations")).json()
    assert [one["invitation_id"] for one in listed] == [also["invitation_id"], sent["invitation_id"]]


@pytest.mark.rule("IDN-064")
async def test_the_mail_holds_the_link_and_the_database_only_its_hash(town: Any) -> None:
    client, _ = await town.trainee()
    sent, token = await town.invite(client)
    [told] = await town.site.identity.told(InvitationSent)
    assert told.link == f"http://service/invitation/{token}"
    assert len(token) >= 43  # 256 random bits
    for table in ("invitation", "idempotency", "login_session"):
        assert token not in str([dict(row) for row in await town.site.sql(f"select * from {table}")])
    assert token not in str(sent)


@pytest.mark.rule("IDN-060")
async def test_a_second_open_invitation_to_the_same_address_and_role_is_refused(town: Any) -> None:
    client, _ = await town.trainee()
    sent, _ = await town.invite(client)
    again = await client.post("/invitations", json=town.invitation(email="HAVARD.KVALE@post.example"))
    assert (again.status_code, again.json()["code"]) == (409, "already_invited")
    assert again.json()["invitation_id"] == sent["invitation_id"]  # to be sent again instead
    await town.invite(client, role="supervisor")  # another role
    other, _ = await town.trainee("20836500475", "Oddrun", "Eira", email="oddrun@post.example")
    await town.invite(other)  # another trainee
    race = [client.post("/invitations", json=town.invitation(email="ny@post.example")) for _ in range(5)]
    answers = await asyncio.gather(*race)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


@pytest.mark.rule("IDN-061")
async def test_an_address_of_somebody_registered_is_refused_and_the_person_offered(town: Any) -> None:
    client, _ = await town.trainee()
    _, registered = await town.trainee("20836500475", "Oddrun", "Eira", email="oddrun@post.example")
    invite = town.invitation(email="Oddrun@post.example")
    # A typed address proves nothing before its link is opened.
    assert (await client.post("/invitations", json=invite)).status_code == 201
    await town.verify_newest()
    refused = await client.post("/invitations", json={**invite, "role": "supervisor"})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_registered")
    assert refused.json()["person"]["person_id"] == registered["person_id"]
    assert refused.json()["person"]["name"] == "Oddrun Eira"


@pytest.mark.rule("IDN-062")
async def test_nobody_invites_chooses_or_accepts_for_oneself(town: Any) -> None:
    client, registered = await town.trainee()
    await town.verify_newest()
    own = await client.post("/invitations", json=town.invitation(email="SUNNIVA@post.example"))
    assert (own.status_code, own.json()["code"]) == (409, "not_oneself")
    _, token = await town.invite(client)
    accepted = await client.post(f"/invitations/by-token/{token}/accept", json={})
    assert (accepted.status_code, accepted.json()["code"]) == (409, "not_oneself")
    me = {"person_id": registered["person_id"]}
    for method, path in (
        ("PUT", f"/positions/{registered['position_id']}/leader"),
        ("POST", f"/people/{registered['person_id']}/mentors"),
        ("POST", f"/people/{registered['person_id']}/supervisors"),
    ):
        answer = await client.request(method, path, json=me)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_oneself")
    found = await town.relations(client)
    assert (found["leader"], found["mentors"], found["supervisors"]) == (None, [], [])


@pytest.mark.rule("IDN-063")
async def test_there_is_one_leader_registered_or_on_the_way_and_mentors_may_be_several(town: Any) -> None:
    client, registered = await town.trainee()
    leader = f"/positions/{registered['position_id']}/leader"
    _, chosen = await town.trainee("20836500475", "Oddrun", "Eira", email="oddrun@post.example")
    sent, token = await town.invite(client, role="leader")
    second = town.invitation(role="leader", email="annen@post.example")

    async def refused_with(code: str) -> None:
        for answer in (
            await client.post("/invitations", json=second),
            await client.put(leader, json={"person_id": chosen["person_id"]}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, code)

    await refused_with("leader_invited")
    _, answer = await town.accept(token, family="Moe")
    assert answer.json()["state"] == "needs_confirmation"
    await refused_with("leader_invited")
    await client.post(f"/invitations/{sent['invitation_id']}/confirm", headers=ANY)
    await refused_with("leader_registered")
    assert (await client.delete(leader)).status_code == 204
    assert (await client.delete(leader)).status_code == 404
    assert (await client.put(leader, json={"person_id": chosen["person_id"]})).status_code == 200
    for number in range(3):
        await town.invite(client, email=f"veileder{number}@post.example")


@pytest.mark.rule("IDN-063")
async def test_of_leaders_invited_and_chosen_at_once_one_comes_through(town: Any) -> None:
    client, registered = await town.trainee()
    _, chosen = await town.trainee("20836500475", "Oddrun", "Eira", email="oddrun@post.example")
    answers = await asyncio.gather(
        *(
            client.post("/invitations", json=town.invitation(role="leader", email=f"l{n}@post.example"))
            for n in range(4)
        ),
        *(
            client.put(
                f"/positions/{registered['position_id']}/leader", json={"person_id": chosen["person_id"]}
            )
            for _ in range(3)
        ),
    )
    won = [answer for answer in answers if answer.status_code < 300]
    assert len(won) == 1
    assert {answer.status_code for answer in answers if answer not in won} == {409}


async def test_an_invitee_identifies_with_e_id_fills_in_the_form_and_is_registered(town: Any) -> None:
    client, registered = await town.trainee()
    _, token = await town.invite(client, role="leader")
    link = (await town.site.identity.client().get(f"/invitations/by-token/{token}")).json()
    assert (link["state"], link["role"], link["trainee_name"]) == ("open", "leader", "Sunniva Lillebø-Hætta")
    browser, answer = await town.accept(token)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["login"]["state"]) == ("accepted", "acting")
    person = (await town.site.identity.told(PersonRegistered))[-1]
    position = (await town.site.identity.told(PositionCreated))[-1]
    assert (person.name, position.person_id) == ("Håvard Kvåle", person.person_id)
    assert (position.title, position.track, position.unit_id) == ("Fastlege", "none", town.centre)
    [changed] = await town.site.identity.told(LeaderChanged)
    assert str(changed.employee_position_id) == registered["position_id"]
    assert (changed.leader_position_id, changed.source, changed.cause) == (
        position.position_id,
        "self",
        "self",
    )
    [accepted] = await town.site.identity.told(InvitationAccepted)
    assert accepted.person_id == person.person_id
    # The one who opened the link reads the mail sent there: nothing more is to be verified (IDN-014).
    assert len(await town.site.identity.told(EmailVerificationRequested)) == 1  # the trainee's
    assert (await town.site.identity.told(PersonContactChanged))[-1].email == "havard.kvale@post.example"
    await browser.post("/session/token")
    assert "leader" in (await browser.get("/session")).json()["roles"]
    assert (await town.relations(client))["leader"]["name"] == "Håvard Kvåle"


async def test_an_incomplete_form_registers_nobody_and_accepts_nothing(town: Any) -> None:
    client, _ = await town.trainee()
    _, token = await town.invite(client)
    path = f"/invitations/by-token/{token}/accept"
    stranger = await town.site.identified("17837727936", "Håvard", "Kvåle")
    empty = await stranger.post(path, json={})
    assert {fault["field"] for fault in empty.json()["errors"]} == {
        "email",
        "phone",
        "title",
        "department_id",
    }
    wrong = await stranger.post(path, json=town.answer_form(phone="1", department_id=str(new_id())))
    assert {fault["code"] for fault in wrong.json()["errors"]} == {"bad_phone", "unknown_department"}
    assert (await town.site.identity.client().post(path, json={})).status_code == 401
    assert len(await town.site.sql("select 1 from person")) == 1
    assert (await client.get("/invitations")).json()[0]["state"] == "open"
    # Another address than the invited one has to be verified on its own.
    accepted = await stranger.post(path, json=town.answer_form(email="annen@post.example"))
    assert accepted.json()["state"] == "accepted"
    assert (await town.site.identity.told(EmailVerificationRequested))[-1].address == "annen@post.example"


@pytest.mark.rule("IDN-066")
async def test_an_invitee_with_an_account_logs_in_and_confirms_without_a_form(town: Any) -> None:
    client, _ = await town.trainee()
    other, registered = await town.trainee("17837727936", "Håvard", "Kvåle", email="h@post.example")
    _, token = await town.invite(client, role="supervisor")
    answer = await other.post(f"/invitations/by-token/{token}/accept", json={})
    assert (answer.json()["state"], answer.json()["login"]) == ("accepted", None)
    [told] = await town.site.identity.told(SupervisorRegistered)
    assert str(told.supervisor_person_id) == registered["person_id"]
    assert told.cause == "invitation"


@pytest.mark.rule("IDN-067")
async def test_another_family_name_waits_for_the_trainee_to_confirm_the_person_shown(town: Any) -> None:
    client, _ = await town.trainee()
    sent, token = await town.invite(client)
    _, answer = await town.accept(token, given="Håvard", family="Moe")
    assert answer.json()["state"] == "needs_confirmation"
    [told] = await town.site.identity.told(InvitationConfirmationNeeded)
    assert str(told.person_id) == answer.json()["person_id"]
    assert await town.site.identity.told(MentorRegistered) == []
    [waiting] = (await client.get("/invitations")).json()
    assert (waiting["state"], waiting["person_name"]) == ("needs_confirmation", "Håvard Moe")
    assert (await town.relations(client))["mentors"] == []
    confirmed = await client.post(f"/invitations/{sent['invitation_id']}/confirm", headers=ANY)
    assert confirmed.json()["state"] == "accepted"
    [mentor] = await town.site.identity.told(MentorRegistered)
    assert str(mentor.mentor_person_id) == answer.json()["person_id"]
    again = await client.post(f"/invitations/{sent['invitation_id']}/confirm", headers=ANY)
    assert (again.status_code, again.json()["state"]) == (409, "accepted")


@pytest.mark.rule("IDN-067")
async def test_an_answer_that_is_not_confirmed_can_be_withdrawn_and_never_relates(town: Any) -> None:
    client, _ = await town.trainee()
    sent, token = await town.invite(client)
    await town.accept(token, family="Moe")
    withdrawn = await client.post(f"/invitations/{sent['invitation_id']}/withdraw", headers=ANY)
    assert withdrawn.json()["state"] == "withdrawn"
    assert await town.site.identity.told(MentorRegistered) == []


@pytest.mark.parametrize("family", ["KVÅLE", "Kvåle ", "kvåle"])
async def test_spelling_of_a_family_name_makes_no_other_name(town: Any, family: str) -> None:
    client, _ = await town.trainee()
    _, token = await town.invite(client)
    _, answer = await town.accept(token, family=family)
    assert answer.json()["state"] == "accepted"


@pytest.mark.rule("IDN-068")
async def test_an_invitation_expires_30_days_after_it_was_last_sent(town: Any) -> None:
    client, registered = await town.trainee()
    sent, token = await town.invite(client)
    town.site.clock.move(days=29, hours=23, minutes=59)
    visitor = town.site.identity.client()
    assert (await visitor.get(f"/invitations/by-token/{token}")).json()["state"] == "open"
    town.site.clock.move(minutes=1)
    link = (await visitor.get(f"/invitations/by-token/{token}")).json()
    assert (link["state"], link["trainee_name"]) == ("expired", "Sunniva Lillebø-Hætta")
    _, late = await town.accept(token)
    assert (late.status_code, late.json()["title"]) == (409, "Invitasjonen er utløpt")
    assert len(await town.site.sql("select 1 from person")) == 1
    client = await town.site.logged_in(UUID(registered["person_id"]))
    assert [one["state"] for one in (await client.get("/invitations")).json()] == ["expired"]
    assert await town.site.identity.told(InvitationExpired) == []
    await town.site.identity.run_job("invitations.expire")
    await town.site.identity.run_job("invitations.expire")
    [told] = await town.site.identity.told(InvitationExpired)
    assert (str(told.invitation_id), told.state) == (sent["invitation_id"], "expired")


@pytest.mark.rule("IDN-069")
async def test_sending_again_makes_a_new_link_at_most_once_an_hour_and_five_times(town: Any) -> None:
    client, registered = await town.trainee()
    person = UUID(registered["person_id"])
    sent, first = await town.invite(client)
    path = f"/invitations/{sent['invitation_id']}/resend"
    town.site.clock.move(minutes=29)
    await client.post("/session/token")
    town.site.clock.move(minutes=29)
    await client.post("/session/token")
    soon = await client.post(path, headers=ANY)
    assert (soon.status_code, soon.json()["code"]) == (409, "resend_too_soon")
    town.site.clock.move(minutes=2)
    for number in range(1, 6):
        again = await client.post(path, headers=ANY)
        assert (again.status_code, again.json()["send_count"]) == (200, number + 1), again.text
        assert again.json()["expires_at"] == (town.site.clock.now() + timedelta(days=30)).isoformat()
        town.site.clock.move(hours=1)
        client = await town.site.logged_in(person)
    limit = await client.post(path, headers=ANY)
    assert (limit.status_code, limit.json()["code"]) == (409, "resend_limit")
    resent = await town.site.identity.told(InvitationResent)
    assert [one.send_count for one in resent] == [2, 3, 4, 5, 6]
    visitor = town.site.identity.client()
    for old in (first, resent[0].link.rsplit("/", 1)[1]):
        assert (await visitor.get(f"/invitations/by-token/{old}")).status_code == 404
        _, answer = await town.accept(old)
        assert answer.status_code == 404
    _, answer = await town.accept(resent[-1].link.rsplit("/", 1)[1])
    assert answer.json()["state"] == "accepted"


async def test_an_expired_invitation_can_be_sent_again_unless_another_has_taken_its_place(town: Any) -> None:
    client, registered = await town.trainee()
    person = UUID(registered["person_id"])
    sent, _ = await town.invite(client, role="leader")
    town.site.clock.move(days=31)
    client = await town.site.logged_in(person)
    again = await client.post(f"/invitations/{sent['invitation_id']}/resend", headers=ANY)
    assert (again.status_code, again.json()["state"]) == (200, "open")
    assert len(await town.site.identity.told(InvitationExpired)) == 1
    town.site.clock.move(days=31)
    client = await town.site.logged_in(person)
    await town.invite(client, role="leader", email="annen@post.example")
    taken = await client.post(f"/invitations/{sent['invitation_id']}/resend", headers=ANY)
    assert (taken.status_code, taken.json()["code"]) == (409, "leader_invited")


@pytest.mark.rule("IDN-070")
async def test_a_mail_that_did_not_arrive_is_shown_and_the_invitation_can_be_withdrawn(town: Any) -> None:
    client, _ = await town.trainee()
    sent, token = await town.invite(client)

    async def bounce(event_id: Any) -> None:
        await town.site.identity.deliver(
            EmailUndelivered(
                revision=1,
                mail_id=MailId(new_id()),
                source_event_id=EventId(event_id),
                source_kind=MailSource.INVITATION,
                source_id=SubjectId(UUID(sent["invitation_id"])),
                reason=UndeliveredReason.BOUNCED,
            )
        )

    await bounce(new_id())  # of an earlier mail
    assert (await client.get("/invitations")).json()[0]["undelivered"] is False
    [mailed] = await town.site.identity.envelopes(InvitationSent)
    await bounce(mailed.id)
    await bounce(mailed.id)
    [shown] = (await client.get("/invitations")).json()
    assert (shown["undelivered"], shown["state"], shown["expires_at"]) == (True, "open", sent["expires_at"])
    assert (await town.site.identity.client().get(f"/invitations/by-token/{token}")).json()["state"] == "open"
    path = f"/invitations/{sent['invitation_id']}/withdraw"
    assert (await client.post(path, headers=ANY)).json()["state"] == "withdrawn"
    await town.invite(client, email="riktig@post.example")


@pytest.mark.rule("IDN-071")
async def test_a_withdrawn_invitation_says_so_and_opens_nothing(town: Any) -> None:
    client, _ = await town.trainee()
    sent, token = await town.invite(client)
    path = f"/invitations/{sent['invitation_id']}/withdraw"
    assert (await client.post(path, headers=ANY)).json()["state"] == "withdrawn"
    [told] = await town.site.identity.told(InvitationWithdrawn)
    assert str(told.invitation_id) == sent["invitation_id"]
    visitor = town.site.identity.client()
    assert (await visitor.get(f"/invitations/by-token/{token}")).json()["state"] == "withdrawn"
    _, answer = await town.accept(token)
    assert (answer.status_code, answer.json()["title"]) == (409, "Invitasjonen er trukket tilbake")
    again = await client.post(path, headers=ANY)
    assert (again.status_code, again.json()["code"]) == (409, "invitation_not_waiting")
    resent = await client.post(f"/invitations/{sent['invitation_id']}/resend", headers=ANY)
    assert resent.status_code == 409


@pytest.mark.rule("IDN-072")
async def test_accepting_twice_gives_one_relation_and_the_same_answer(town: Any) -> None:
    client, _ = await town.trainee()
    _, token = await town.invite(client)
    browser, first = await town.accept(token)
    path = f"/invitations/by-token/{token}/accept"
    second = await browser.post(path, json={})
    same = {"invitation_id", "state", "role", "trainee_name", "person_id"}
    assert {key: second.json()[key] for key in same} == {key: first.json()[key] for key in same}
    answers = await asyncio.gather(*(browser.post(path, json={}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await town.site.identity.told(MentorRegistered)) == 1
    assert len(await town.site.identity.told(InvitationAccepted)) == 1
    assert len((await town.relations(client))["mentors"]) == 1


async def test_of_two_who_accept_at_once_one_is_related_and_the_other_registered_nowhere(town: Any) -> None:
    client, _ = await town.trainee()
    _, token = await town.invite(client)
    answers = await asyncio.gather(
        town.accept(token),
        town.accept(token, number="10818828492", given="Ola", family="Kvåle", email="ola@post.example"),
    )
    statuses = sorted(answer.status_code for _, answer in answers)
    assert statuses == [200, 409]
    [refused] = [answer for _, answer in answers if answer.status_code == 409]
    assert refused.json()["code"] == "invitation_used"
    assert len((await town.relations(client))["mentors"]) == 1
    assert len(await town.site.sql("select 1 from person")) == 2


async def test_withdrawing_and_accepting_at_once_leaves_one_of_the_two(town: Any) -> None:
    client, _ = await town.trainee()
    for number, name in (("17837727936", "Håvard"), ("10818828492", "Ola"), ("20886629703", "Per")):
        email = f"{name.lower()}@post.example"
        sent, token = await town.invite(client, email=email)
        withdrawn, (_, accepted) = await asyncio.gather(
            client.post(f"/invitations/{sent['invitation_id']}/withdraw", headers=ANY),
            town.accept(token, number=number, given=name, email=email),
        )
        assert sorted([withdrawn.status_code, accepted.status_code]) == [200, 409]
        [state] = await town.site.sql(
            "select state, (select count(*) from person_link where holder_person_id = accepted_person_id) as links"
            " from invitation where invitation_id = $1",
            UUID(sent["invitation_id"]),
        )
        assert tuple(state) in {("withdrawn", 0), ("accepted", 1)}


@pytest.mark.rule("IDN-073")
async def test_removing_ends_the_relation_and_its_access_at_once(town: Any) -> None:
    client, registered = await town.trainee()
    _, token = await town.invite(client)
    mentor, answer = await town.accept(token)
    await mentor.post("/session/token")
    assert "mentor" in (await mentor.get("/session")).json()["roles"]
    path = f"/people/{registered['person_id']}/mentors/{answer.json()['person_id']}"
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 404
    [removed] = await town.site.identity.told(MentorRemoved)
    assert (removed.cause, str(removed.mentor_person_id)) == ("removed", answer.json()["person_id"])
    assert "mentor" not in (await mentor.get("/session")).json()["roles"]
    token = (await mentor.post("/session/token")).json()["access_token"]
    caller = await town.site.identity.runtime.tokens.verify(token)
    assert "mentor" not in [granted.role for granted in caller.roles]
    chosen = {"person_id": answer.json()["person_id"]}
    assert (await client.post(path.rsplit("/", 1)[0], json=chosen)).status_code == 204
    assert len((await town.relations(client))["mentors"]) == 1


@pytest.mark.rule("IDN-074")
async def test_the_advice_of_the_guides_is_shown(town: Any) -> None:
    client, _ = await town.trainee()
    advice = (await client.get("/registration/form")).json()["role_advice"]
    assert "kommuneoverlegen" in advice["leader"]
    assert "allmennpraksis" in advice["mentor"]
    assert "godkjent veileder" in advice["mentor"]
    assert "andre" in advice["supervisor"]
    assert (await town.relations(client))["advice"] == advice


async def test_another_trainees_invitation_is_404_and_a_stale_one_412(town: Any) -> None:
    client, _ = await town.trainee()
    other, _ = await town.trainee("20836500475", "Oddrun", "Eira", email="oddrun@post.example")
    sent, _ = await town.invite(client)
    for act in ("resend", "withdraw", "confirm"):
        path = f"/invitations/{sent['invitation_id']}/{act}"
        assert (await other.post(path, headers=ANY)).status_code == 404
        assert (await client.post(path)).status_code == 428
        stale = await client.post(path, headers={"if-match": '"7"'})
        assert (stale.status_code, stale.json()["current"]["state"]) == (412, "open")
    assert (await other.get("/invitations")).json() == []


async def test_only_trainees_at_the_municipal_site_invite(town: Any) -> None:
    client, _ = await town.trainee()
    _, token = await town.invite(client)
    doctor, _ = await town.accept(token)
    await doctor.post("/session/token")
    refused = await doctor.post("/invitations", json=town.invitation(email="x@post.example"))
    assert (refused.status_code, refused.json()["code"]) == (403, "trainees_only")
    assert (await town.site.identity.client().post("/invitations", json={})).status_code == 401


async def test_a_guessed_link_opens_nothing(town: Any) -> None:
    visitor = town.site.identity.client()
    assert (await visitor.get(f"/invitations/by-token/{'x' * 43}")).status_code == 404
    _, answer = await town.accept("x" * 43)
    assert answer.status_code == 404
