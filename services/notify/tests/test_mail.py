"""Immediate e-mail: when it goes, what it says, and never twice."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts import plans, signing
from stafett_contracts.ids import RegistrationId, RequestId, new_id
from stafett_contracts.vocabulary import AssignmentReason, Language, Origin, RequestStatus
from stafett_notify.mail import actions, store
from stafett_notify.mail.sender import Sender
from stafett_testing.mail import MailServer, ReceivedMail
from stafett_testing.service import ServiceUnderTest

TODAY = date(2026, 12, 1)


async def assign(scene: Any, *holders: Any, **fields: Any) -> None:
    await scene.deliver(*(scene.assigned(one, **fields) for one in holders), by=scene.by(scene.boss))


def to(smtp: MailServer, address: str) -> list[ReceivedMail]:
    return [mail for mail in smtp.messages if mail.recipients == (address,)]


@pytest.mark.rule("NTF-050")
async def test_what_arrives_within_a_minute_goes_in_one_email_with_a_line_each(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    for number in range(52):
        await assign(scene, scene.kari, plan_name=f"Plan {number:02}")
        clock.move(seconds=1)
    assert await scene.hand_over(after=None) == 0
    clock.move(seconds=8)
    assert await scene.hand_over(after=None) == 1
    [mail] = smtp.messages
    assert mail.subject == "Kompetanseportalen: Du er tildelt 52 nye planer"
    assert mail.text.count("- Du er tildelt planen Plan") == 50
    assert mail.html.count("Du er tildelt planen Plan") == 50
    assert "og 2 til" in mail.text
    assert "og 2 til" in mail.html


@pytest.mark.rule("NTF-051")
async def test_the_next_email_of_the_type_waits_a_quarter_of_an_hour(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    await assign(scene, scene.kari, plan_name="A")
    await scene.hand_over()
    clock.move(minutes=5)
    await assign(scene, scene.kari, plan_name="B")
    clock.move(minutes=8)
    await assign(scene, scene.kari, plan_name="C")
    await assign(scene, scene.per)
    assert await scene.hand_over() == 1, "others do not wait"
    clock.move(seconds=55)
    assert await scene.hand_over(after=None) == 0
    clock.move(seconds=10)
    assert await scene.hand_over(after=None) == 1
    assert [mail.subject.split(": ")[1] for mail in to(smtp, "kari@post.example")] == [
        "Du er tildelt planen A",
        "Du er tildelt 2 nye planer",
    ]


@pytest.mark.rule("NTF-052")
async def test_what_is_resolved_or_dismissed_before_hand_over_is_left_out(
    scene: Any, smtp: MailServer
) -> None:
    wrong = scene.assigned(scene.kari, plan_name="Feil")
    right = scene.assigned(scene.kari, plan_name="Rett")
    await scene.deliver(wrong, right, by=scene.by(scene.boss))
    await scene.deliver(scene.deactivated(wrong, scene.kari, AssignmentReason.INACTIVITY))
    await assign(scene, scene.per)
    [alert] = await scene.alerts(scene.per, "upd")
    await scene.client(scene.per).post(f"/me/alerts/{alert['alert_id']}/dismiss")
    await scene.hand_over()
    [mail] = smtp.messages
    assert mail.subject == "Kompetanseportalen: Du er tildelt planen Rett"
    assert "Feil" not in mail.text
    assert sorted(state for _, state in await scene.mails()) == ["accepted", "dropped"]


@pytest.mark.rule("NTF-053")
async def test_a_plan_assigned_to_four_hundred_delays_no_other_email(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    many = [scene.world.person("Ane", f"Nr{number}").at(scene.ward) for number in range(400)]
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    await scene.notify.runtime.database.pool.execute(
        "insert into contact (person_id, address, language, revision, state, failures, state_revision)"
        " select person_id, lower(family_name) || '@post.example', 'nb', 1, 'ok', 0, 0 from directory_person"
        " where family_name like 'Nr%'"
    )
    batch = new_id()
    await scene.deliver(*(scene.assigned(one) for one in many), by=scene.by(scene.boss), batch_id=batch)
    clock.move(seconds=61)
    await scene.deliver(
        scene.verification(scene.kari, "ny@post.example")
    )  # fmt: skip
    assert await scene.hand_over(after=None) == 401
    assert len({mail.recipients for mail in smtp.messages}) == 401
    place = next(n for n, mail in enumerate(smtp.messages) if mail.recipients == ("ny@post.example",))
    assert place < 8, "what cannot be turned off goes first, but for what is under way in the other lanes"
    assert to(smtp, "torbjorn@post.example") == [], "who acted gets none"


@pytest.mark.rule("NTF-055")
async def test_what_the_night_finds_is_sent_at_seven_as_one_email_a_type(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    clock.moment = datetime(2026, 12, 2, 2, 30, tzinfo=UTC)  # 03:30 in Norway
    for _ in range(3):
        await scene.deliver(
            scene.validity(plans.ValidityExpiring, scene.kari, RegistrationId(new_id()), date(2026, 12, 30)),
            origin=Origin.NIGHTLY,
        )
        clock.move(minutes=2)
    clock.moment = datetime(2026, 12, 2, 5, 59, 59, tzinfo=UTC)
    assert await scene.hand_over(after=None) == 0
    clock.moment = datetime(2026, 12, 2, 6, 0, 1, tzinfo=UTC)
    assert await scene.hand_over(after=None) == 2
    [mail] = to(smtp, "kari@post.example")
    assert mail.subject == "Kompetanseportalen: 3 krav utløper snart"
    [mail] = to(smtp, "torbjorn@post.example")
    assert mail.subject == "Kompetanseportalen: 1 medarbeider(e) har 3 krav som snart utløper"
    assert "Kari" not in mail.text, "NTF-095: not whose"
    # a run later in the day: half an hour after its last event
    clock.moment = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    for _ in range(3):
        await scene.deliver(
            scene.validity(plans.ValidityExpired, scene.kari, RegistrationId(new_id()), TODAY),
            origin=Origin.NIGHTLY,
        )
        clock.move(minutes=20)
    clock.moment = datetime(2026, 12, 2, 10, 9, 59, tzinfo=UTC)
    assert await scene.hand_over(after=None) == 0
    clock.move(seconds=2)
    assert await scene.hand_over(after=None) == 1
    assert len(await scene.stored("followup.employee_expired")) == 1


@pytest.mark.rule("NTF-096")
async def test_an_email_is_text_and_html_that_say_the_same_and_hides_nothing(
    scene: Any, smtp: MailServer
) -> None:
    name = 'Ærlig <b>& "rå"</b> plan på Ås'
    await assign(scene, scene.kari, plan_name=name)
    await scene.hand_over()
    [mail] = smtp.messages
    assert mail.message.get_content_type() == "multipart/alternative"
    assert mail.subject == f"Kompetanseportalen: Du er tildelt planen {name}"
    assert f"- Du er tildelt planen {name}\n" in mail.text
    assert "Ærlig &lt;b&gt;&amp; &#34;rå&#34;&lt;/b&gt; plan på Ås" in mail.html
    assert "<b>" not in mail.html
    assert "<img" not in mail.html
    import re

    links = re.findall(r'https?://[^\s"<>]+', mail.text + mail.html)
    assert links
    assert all(link.startswith("https://portal.example") for link in links)
    words_of_html = re.sub(r"<[^>]+>", " ", mail.html.split("<body")[1].split(">", 1)[1])
    for sentence in ("Endre varselinnstillinger", "Åpne Kompetanseportalen", "Skru av e-post for"):
        assert sentence in mail.text
        assert sentence in words_of_html
    await assign(scene, scene.per, plan_name="Akutt\r\nBcc: alle@post.example")
    await scene.hand_over()
    assert to(smtp, "per@post.example") == []
    assert (await scene.mails())[-1] == ("assignment.assigned", "failed")


@pytest.mark.rule("NTF-099")
async def test_an_email_is_in_the_persons_language_at_hand_over(scene: Any, smtp: MailServer) -> None:
    await assign(scene, scene.kari)
    await scene.has_address(scene.kari.person, language=Language.EN)
    await scene.deliver(
        scene.verification(scene.per, "ny@post.example", datetime(2026, 12, 24, 13, 5, tzinfo=UTC)),
        scene.validity(plans.ValidityExpiring, scene.per, RegistrationId(new_id()), date(2026, 12, 24)),
    )  # fmt: skip
    await scene.hand_over()
    [mail] = to(smtp, "kari@post.example")
    assert mail.subject == "Kompetanseportalen: You have been assigned the plan Akuttmedisin"
    assert "Change alert settings" in mail.text
    assert '<html lang="en">' in mail.html
    [mail] = to(smtp, "ny@post.example")
    assert "innen 24.12.2026 kl. 14:05" in mail.text
    [mail] = to(smtp, "per@post.example")
    assert "HLR utløper 24.12.2026" in mail.text


@pytest.mark.rule("NTF-100")
async def test_the_headers_of_an_automatic_email(scene: Any, smtp: MailServer, clock: SetClock) -> None:
    await assign(scene, scene.kari)
    await scene.hand_over()
    [mail] = smtp.messages
    assert mail.sender == "ikke-svar@portal.example"
    assert str(mail.message["From"]) == "Kompetanseportalen <ikke-svar@portal.example>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["To"] == "kari@post.example"
    assert parsedate_to_datetime(mail.message["Date"]) == clock.now().replace(microsecond=0)
    assert mail.message["Message-ID"].endswith("@portal.example>")


async def test_an_email_can_be_turned_off_by_its_link_but_not_by_opening_it(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    await assign(scene, scene.kari)
    await scene.hand_over()
    [mail] = smtp.messages
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = mail.message["List-Unsubscribe"].strip("<>")
    assert url in mail.text
    assert url in mail.html
    token = url.rsplit("/", 1)[1]
    assert scene.kari.person_id.hex not in token
    anybody = scene.notify.client()
    page = await anybody.get(f"/unsubscribe/{token}", headers={"accept": "text/html"})
    assert "Vil du skru av umiddelbar e-post for «Tildelinger og oppdateringer»?" in page.text
    assert '<form method="post">' in page.text
    shown = (await anybody.get(f"/unsubscribe/{token}")).json()
    assert (shown["scope"], shown["off"]) == ("ASG", False)
    settings = (await scene.client(scene.kari).get("/me/settings")).json()["groups"]
    assert settings["ASG"]["single"], "opening changes nothing"
    for _ in range(2):
        answer = await anybody.post(
            f"/unsubscribe/{token}",
            content=b"List-Unsubscribe=One-Click",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
        assert answer.json()["label"]["nb"] == "umiddelbar e-post for «Tildelinger og oppdateringer»"
    done = await anybody.post(
        f"/unsubscribe/{token}", headers={"accept": "text/html", "accept-language": "en"}
    )
    assert "Turned off: immediate e-mail for" in done.text
    after = (await scene.client(scene.kari).get("/me/settings")).json()["groups"]
    settings["ASG"]["single"] = False
    assert after == settings
    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    for wrong in (forged, "x", "æ"):
        assert (await anybody.post(f"/unsubscribe/{wrong}")).status_code == 404
    clock.move(days=91)
    assert (await anybody.post(f"/unsubscribe/{token}")).status_code == 404


async def test_an_email_of_table_5_says_that_it_cannot_be_turned_off(scene: Any, smtp: MailServer) -> None:
    await scene.deliver(
        scene.steward(scene.kari)
    )  # fmt: skip
    await scene.hand_over(after=None)
    [mail] = smtp.messages
    assert mail.message["List-Unsubscribe"] is None
    assert "Denne e-posten kan ikke skrus av" in mail.text
    assert "Denne e-posten kan ikke skrus av" in mail.html


@pytest.mark.rule("NTF-101")
async def test_workers_in_parallel_send_every_email_once(
    scene: Any, smtp: MailServer, start: Any, make_scene: Callable[[ServiceUnderTest], Any]
) -> None:
    many = [scene.world.person("Ane", f"Nr{number}").at(scene.ward) for number in range(60)]
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    for one in many:
        await scene.has_address(one.person, f"{one.person.family_name.lower()}@post.example")
    events = [scene.assigned(one) for one in many]
    letter = scene.steward(scene.kari)
    async with start() as two, start() as three:
        workers = (scene.notify, two, three)
        await asyncio.gather(
            *(worker.deliver(letter, *events, by=scene.by(scene.boss)) for worker in workers)
        )
        for worker in workers:
            while await worker.held():
                scene.clock.move(seconds=2)
                await worker.inbox.retry_due()
        scene.clock.move(seconds=90)
        await asyncio.gather(*(Sender(worker.runtime).hand_over_due() for worker in workers))
    recipients = [mail.recipients for mail in smtp.messages]
    assert len(recipients) == 61
    assert len(set(recipients)) == 61


@pytest.mark.rule("NTF-102")
async def test_after_a_crash_in_the_middle_only_what_cannot_be_turned_off_is_sent_again(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    await assign(scene, scene.kari)
    await scene.deliver(
        scene.steward(scene.per)
    )  # fmt: skip
    clock.move(seconds=61)
    runtime = scene.notify.runtime
    # what a process does that dies between the mark and the mail server
    async with runtime.database.transaction() as connection:
        await store.close_collections(connection, clock.now())
    taken = []
    for _ in range(2):
        async with runtime.units.begin() as work:
            taken.append(await actions.take_next(work, runtime.settings))
    assert {state for _, state in await scene.mails()} == {"handing_over"}
    first_ids = {one.mail.message_id for one in taken if isinstance(one, actions.HandOver)}
    assert await scene.hand_over(after=timedelta(minutes=4)) == 0, "it may still be under way"
    assert await scene.hand_over(after=timedelta(minutes=2)) == 1
    [mail] = smtp.messages
    assert mail.recipients == ("per@post.example",)
    assert mail.message["Message-ID"].strip("<>") in first_ids
    assert sorted(await scene.mails()) == [
        ("assignment.assigned", "uncertain"),
        ("steward.lost_self", "accepted"),
    ]
    assert await scene.hand_over(after=timedelta(days=3)) == 0


async def test_a_worker_hands_over_by_itself_and_is_woken_at_once(
    scene: Any, smtp: MailServer, eventually: Any
) -> None:
    task = asyncio.create_task(Sender(scene.notify.runtime).run())
    try:
        await scene.deliver(
            scene.steward(scene.per)
        )  # fmt: skip
        await eventually(lambda: len(smtp.messages) == 1)
        await assign(scene, scene.kari)
        scene.clock.move(seconds=61)
        await eventually(lambda: len(smtp.messages) == 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_home_follows_the_settings_when_read_and_email_when_handed_over(
    scene: Any, smtp: MailServer
) -> None:
    await assign(scene, scene.kari)
    client = scene.client(scene.kari)
    groups = (await client.get("/me/settings")).json()["groups"]
    groups["ASG"] = {"single": False, "weekly": False, "home": False}
    await client.put("/me/settings", json={"no_email": False, "groups": groups}, headers={"if-match": "*"})
    assert await scene.home(scene.kari) == {}
    await scene.hand_over()
    assert smtp.messages == []


async def test_a_request_decided_before_the_email_goes_is_not_mailed(scene: Any, smtp: MailServer) -> None:
    request = RequestId(new_id())
    created = scene.request(signing.RequestCreated, scene.kari, scene.boss, request_id=request)
    signed = scene.request(
        signing.RequestSigned, scene.kari, scene.boss, request_id=request,
        status=RequestStatus.SIGNED, decision_id=new_id(),
    )  # fmt: skip
    await scene.deliver(created, by=scene.by(scene.kari))
    await scene.deliver(signed, by=scene.by(scene.boss))
    await scene.hand_over()
    assert [mail.recipients for mail in smtp.messages] == [("kari@post.example",)]


@pytest.mark.rule("NTF-143")
async def test_content_is_erased_after_thirty_days_and_the_trace_after_a_year(
    scene: Any, smtp: MailServer, clock: SetClock
) -> None:
    await assign(scene, scene.kari)
    await scene.hand_over()
    pool = scene.notify.runtime.database.pool
    for days, content, rows in ((30, 1, 1), (1, 0, 1), (334, 0, 1), (1, 0, 0)):
        clock.move(days=days)
        await scene.notify.run_job("tidy")
        assert await pool.fetchval("select count(*) from mail where content is not null") == content
        assert await pool.fetchval("select count(*) from mail where recipient_id is not null") == rows
