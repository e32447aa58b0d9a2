"""The e-mails of Table 5 say what the rules say, at the sites the rules say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stafett_contracts import identity, plans, signing
from stafett_contracts.ids import BatchId, DecisionId, GoalKey, GoalNumber, GrantId, PlanId, new_id
from stafett_contracts.values import NamedGoal, OwnedPlan, Person
from stafett_contracts.vocabulary import AccountCause, AccountState, RoleEndCause
from stafett_notify.mail.rules.letters import LETTERS
from stafett_testing.mail import MailServer
from stafett_testing.rulebook import find_root
from stafett_testing.service import ServiceUnderTest

RULES = (find_root(Path(__file__)) / "docs/rules/notify.md").read_text(encoding="utf-8")


def table_5() -> dict[str, list[str]]:
    rows = {}
    body = RULES.split("Table 5. Site:")[1].split("| --- |", 1)[1].split("\n\n")[0]
    for text in body.splitlines()[1:]:
        key, *cells = [cell.strip() for cell in text.split("|")[1:-1]]
        rows[key] = cells
    return rows


def exact_body(rule: str) -> str:
    """The words that a rule quotes, one space between them."""
    text = next(line for line in RULES.splitlines() if f"**{rule}**" in line)
    return " ".join(re.search("«(.*?)»", text)[1].replace("…", "").split())  # type: ignore[index]


@pytest.mark.rule("NTF-003")
async def test_the_municipal_site_has_the_same_catalogue_and_other_emails(
    start: Any, make_scene: Callable[[ServiceUnderTest], Any]
) -> None:
    found = []
    for kind in ("rhf", "municipal"):
        async with start(site_kind=kind) as under_test:
            scene = make_scene(under_test)
            await scene.begin()
            found.append((await scene.client(scene.kari).get("/alert-types")).json())
    assert found[0] == found[1]
    table = table_5()
    for key, letter in LETTERS.items():
        site, _, _, nb, en = table[key]
        assert letter.sites.value == site, key
        assert letter.nb.subject == re.sub(r" \(the date is in the body\)$", "", nb), key
        assert letter.en.subject == en, key


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        pytest.param("NTF-067", "steward.lost_self", marks=pytest.mark.rule("NTF-067")),
        pytest.param("NTF-068", "steward.lost_owner", marks=pytest.mark.rule("NTF-068")),
        pytest.param("NTF-069", "lead.lost_self", marks=pytest.mark.rule("NTF-066", "NTF-069")),
        pytest.param("NTF-070", "lead.lost_owner", marks=pytest.mark.rule("NTF-070")),
    ],
)
async def test_the_words_of_lost_roles_are_exactly_the_rules(
    scene: Any, smtp: MailServer, rule: str, key: str
) -> None:
    other = scene.world.person("Liv", "Moe").at(scene.ward)
    await scene.news()
    await scene.has_address(other.person)
    owned = [
        OwnedPlan(plan_id=PlanId(new_id()), name=name, document_owner=scene.person(owner))
        for name, owner in (("Akutt", scene.per), ("Brann", scene.per), ("Cyste", other))
    ]
    steward = plans.PlanStewardRemoved(
        revision=1, grant_id=GrantId(new_id()), person=scene.person(scene.kari),
        cause=RoleEndCause.POSITION_ENDED, plans=tuple(owned),
    )  # fmt: skip
    lead = plans.TrainingLeadRemoved(
        revision=1, grant_id=GrantId(new_id()), person=scene.person(scene.kari),
        cause=RoleEndCause.POSITION_CHANGED, specialty="akutt", specialty_name="Akuttmedisin",  # type: ignore[arg-type]
        unit_id=scene.ward.unit_id, unit_name="Mottak", cost_centre="1234", plans=(owned[0],),
    )  # fmt: skip
    await scene.deliver(steward if key.startswith("steward") else lead)
    await scene.hand_over(after=None)
    to = "kari@post.example" if key.endswith("self") else "per@post.example"
    [mail] = [mail for mail in smtp.messages if mail.recipients == (to,)]
    said = " ".join(mail.text.replace("\n- ", "\n• ").split())
    values = {
        "{person}": "Kari Hansen", "{specialty}": "Akuttmedisin", "{unit}": "Mottak", "{cost_centre}": "1234",
        "{plan}": {"steward.lost_self": "Akutt • Brann • Cyste"}.get(key, "Akutt • Brann"),
    }  # fmt: skip
    expected = exact_body(rule)
    for name, value in values.items():
        expected = expected.replace(name, value)
    assert said.startswith(expected)
    assert mail.subject.startswith("Kompetanseportalen: ")
    recipients = {mail.recipients[0].split("@")[0] for mail in smtp.messages}
    assert recipients == ({"kari", "per", "liv"} if key.startswith("steward") else {"kari", "per"})


@pytest.mark.rule("NTF-071")
async def test_an_owner_who_was_the_steward_gets_one_email_at_the_last_known_address(
    scene: Any, smtp: MailServer
) -> None:
    scene.world.deactivate(scene.kari, person_left=True)
    scene.world.deactivate_account(scene.kari.person)
    await scene.news()
    own = OwnedPlan(plan_id=scene.plan_id, name="Akutt", document_owner=scene.person(scene.kari))
    steward = scene.steward(scene.kari).model_copy(update={"plans": (own,)})
    await scene.deliver(steward)
    await scene.deliver(
        identity.RoleEnded(
            revision=2, grant_id=GrantId(new_id()), position_id=scene.per.position_id,
            person_id=scene.per.person_id, person_name="Per Ås", role="plan_steward",  # type: ignore[arg-type]
            valid_from=scene.clock.now().date(), state="ended", cause="order",  # type: ignore[arg-type]
        )
    )  # fmt: skip
    await scene.hand_over(after=None)
    assert [(mail.recipients, mail.subject) for mail in smtp.messages] == [
        (("kari@post.example",), f"Kompetanseportalen: {LETTERS['steward.lost_self'].nb.subject}")
    ]


@pytest.mark.rule("NTF-065")
async def test_only_the_events_of_one_act_share_an_email(
    start: Any, make_scene: Callable[[ServiceUnderTest], Any], smtp: MailServer
) -> None:
    async with start(site_kind="municipal") as municipal:
        scene = make_scene(municipal)
        await scene.begin()

        def approved(number: int) -> signing.GoalApprovedByDirectorate:
            return signing.GoalApprovedByDirectorate(
                revision=1, decision_id=DecisionId(new_id()),
                person=Person(person_id=scene.kari.person_id, name="Kari Hansen"),
                goal=NamedGoal(goal_number=GoalNumber(f"FKM-{number:03}"), goal_key=GoalKey(f"FKM{number}")),
                decided_by=scene.decider(scene.boss), decided_at=scene.clock.now(), comment="hemmelig",
            )  # fmt: skip

        batch = BatchId(new_id())
        await scene.deliver(*(approved(number) for number in range(15)), batch_id=batch)
        await scene.deliver(*(approved(number) for number in range(15, 30)), batch_id=batch)
        await scene.deliver(approved(98))
        await scene.deliver(approved(99))
        await scene.hand_over()
        numbers = sorted(mail.text.count("- FKM-") for mail in smtp.messages)
        assert numbers == [1, 1, 30]
        assert all("hemmelig" not in mail.text + mail.html for mail in smtp.messages)
        # one that comes after the shared one has gone is not lost
        await scene.deliver(approved(31), batch_id=batch)
        await scene.hand_over()
        assert "FKM-031" in smtp.messages[-1].text


@pytest.mark.rule("NTF-064")
async def test_emails_that_cannot_be_turned_off_are_no_alerts(
    start: Any, make_scene: Callable[[ServiceUnderTest], Any], smtp: MailServer
) -> None:
    async with start(site_kind="municipal") as municipal:
        scene = make_scene(municipal)
        await scene.begin()
        client = scene.client(scene.kari)
        groups = (await client.get("/me/settings")).json()["groups"]
        off = {group: {"single": False, "weekly": False, "home": True} for group in groups}
        body = {"no_email": True, "groups": off}
        await client.put("/me/settings", json=body, headers={"if-match": "*"})
        warned = identity.AccountWarned(
            revision=1, person_id=scene.kari.person_id, state=AccountState.WARNED,
            on=scene.clock.now().date(), cause=AccountCause.INACTIVITY, deactivates_on=scene.clock.now().date(),
        )  # fmt: skip
        gone = identity.AccountDeactivated(
            revision=2, person_id=scene.kari.person_id, state=AccountState.DEACTIVATED,
            on=scene.clock.now().date(), cause=AccountCause.INACTIVITY,
        )  # fmt: skip
        by_hand = gone.model_copy(update={"person_id": scene.per.person_id, "cause": AccountCause.MANUAL})
        await scene.deliver(warned)
        assert await scene.home(scene.kari) == {}
        await scene.deliver(gone, by_hand)
        await scene.hand_over(after=None)
        told, warning = sorted(smtp.messages, key=lambda mail: mail.subject)
        assert told.subject.endswith("er blitt deaktivert grunnet inaktivitet")
        assert warning.subject.endswith("vil bli deaktivert grunnet inaktivitet")
        assert "deaktivert 01.12.2026" in warning.text


async def test_an_address_is_verified_by_a_link_of_its_own(scene: Any, smtp: MailServer) -> None:
    event = scene.verification(scene.kari, "ny@post.example")
    await scene.deliver(event)
    await scene.deliver(event)
    await scene.hand_over(after=None)
    [mail] = smtp.messages
    assert mail.recipients == ("ny@post.example",)
    assert event.link in mail.text
    assert f'href="{event.link}"' in mail.html
