"""Statements: their canonical form, their signature, what they must hold, and whose word counts."""

import base64
import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws as raw_jws
from joserfc.jwk import OctKey

from stafett_chassis.settings import BadSettings
from stafett_contracts.vocabulary import FactState, RepetitionState
from stafett_sync.outgoing import rules as messages
from stafett_sync.settings import SyncSettings
from stafett_sync.statements import canonical, jws, keys
from stafett_sync.statements.bodies import BODIES, Entry, counted, fold, read_body
from stafett_sync.statements.evidence import EVIDENCE_TYPE, check_evidence
from stafett_sync.statements.identity import identity_of
from stafett_sync.statements.making import SiteToRegister, make_registry
from stafett_sync.statements.registry import Hold, Registry, hold_of, read_registry, sign_registry
from stafett_sync.statements.rules import (
    Refused,
    Statement,
    moment,
    normal_hpr,
    payload_of,
    read_moment,
    read_statement,
)

AT = datetime(2026, 3, 2, 13, 5, 11, 402000, tzinfo=UTC)
KEY = jws.new_key()
GOAL = {
    "number": "FKM-012",
    "text": "Legen skal …",
    "plans": ["FKM-LIS1"],
    "catalogue_version": "3",
    "status": "approved",
    "state_at": "2026-03-02T13:05:11.402Z",
    "completed_on": "2026-02-27",
    "decided_at": "2026-03-02T13:05:11.402Z",
    "approver": {"name": "Kari Nes", "title": "Overlege", "capacity": "leader", "trust": "993467049"},
    "evidence": "eyJ…",
}


def payload(**changes: Any) -> dict[str, Any]:
    return {
        "doc": "goal_status/1",
        "env": "test",
        "origin": {"site": "vest", "trust": "993467049"},
        "hpr": "9001234",
        "subject": "FKM12",
        "version": {"epoch": 1, "seq": 2},
        "issued_at": "2026-03-02T13:05:11.402Z",
        "state": "present",
        "body": GOAL,
    } | changes


def read(**changes: Any) -> Statement:
    whole = payload(**changes)
    statement = read_statement(whole, canonical.digest_of(whole))
    read_body(statement)
    return statement


# Numbers of RFC 8785, appendix B, by their IEEE 754 form.
@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (1e21, "1e+21"),
        (999999999999999900000.0, "999999999999999900000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333329, "333333333.3333333"),
        (4.5, "4.5"),
        (0.002, "0.002"),
        (1e30, "1e+30"),
        (1e-27, "1e-27"),
    ],
)
@pytest.mark.rule("SYN-062")
def test_numbers_are_written_as_ecmascript_does(number: float, written: str) -> None:
    assert canonical.canonical(number) == written.encode()


@pytest.mark.rule("SYN-062")
def test_the_canonical_form_is_that_of_rfc_8785() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\x0f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical.canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    # Names are sorted by UTF-16 units: the last two would change places by code points.
    names = {"\r": 1, "1": 1, "\x80": 1, "ö": 1, "€": 1, "\U0001f600": 1, "\ufb33": 1}
    order = list(json.loads(canonical.canonical(dict(reversed(names.items())))))
    assert order == ["\r", "1", "\x80", "ö", "€", "\U0001f600", "\ufb33"]


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_what_is_canonical_says_the_same_and_stays_as_it_is(value: Any) -> None:
    written = canonical.canonical(value)
    again = canonical.read(written)
    assert canonical.canonical(again) == written
    assert again == value or str(value).count("e+")  # large floats come back as whole numbers


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "NaN", "[Infinity]", "[" * 100_000, b"\xff", "{"])
def test_what_two_readers_could_read_differently_is_no_json(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        canonical.read(text)


def find(kid: str) -> Any:
    return KEY if kid == KEY.kid else None


def signed_by(header: dict[str, Any], key: Any = KEY, **more: Any) -> str:
    algorithms = [header["alg"]]
    return raw_jws.serialize_compact(
        header, canonical.canonical(payload()), key, algorithms=algorithms, **more
    )


@pytest.mark.rule("SYN-063")
def test_a_statement_is_signed_by_ed25519_under_exactly_one_header() -> None:
    text = jws.sign(payload(), KEY)
    header = json.loads(base64.urlsafe_b64decode(text.split(".")[0] + "=="))
    assert header == {"alg": "Ed25519", "kid": KEY.kid, "typ": "kp-fact+jws"}
    opened = jws.open_signed(text, find)
    assert opened.payload == payload()
    assert opened.hash == canonical.digest_of(payload())


def unsigned(header: dict[str, Any]) -> str:
    parts = [json.dumps(header).encode(), canonical.canonical(payload()), b""]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


@pytest.mark.rule("SYN-063")
@pytest.mark.parametrize(
    "text",
    [
        unsigned({"alg": "none", "kid": KEY.kid, "typ": jws.TYPE}),
        unsigned({"alg": "Ed25519", "kid": KEY.kid, "typ": jws.TYPE}),
        unsigned({"alg": "Ed25519", "kid": KEY.kid, "typ": jws.TYPE, "crit": ["b64"], "b64": False}),
        unsigned({"alg": "Ed25519", "typ": jws.TYPE}),
        unsigned({"alg": "Ed25519", "kid": 7, "typ": jws.TYPE}),
        signed_by({"alg": "HS256", "kid": KEY.kid, "typ": jws.TYPE}, OctKey.generate_key(256)),
        signed_by({"alg": "Ed25519", "kid": KEY.kid, "typ": "JWT"}),
        signed_by({"alg": "Ed25519", "kid": KEY.kid, "typ": jws.TYPE, "cty": "x"}),
        jws.sign(payload(), KEY)[:-4] + "AAAA",
        jws.sign(payload(), KEY).replace(".", "", 1),
        "…",
        "",
    ],
)
def test_any_other_signature_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        jws.open_signed(text, find)
    assert refused.value.code == "bad_signature"


def test_a_changed_payload_is_no_longer_signed() -> None:
    head, _, tail = jws.sign(payload(), KEY).split(".")
    other = base64.urlsafe_b64encode(canonical.canonical(payload(hpr="1"))).decode().rstrip("=")
    with pytest.raises(Refused) as refused:
        jws.open_signed(f"{head}.{other}.{tail}", find)
    assert refused.value.code == "bad_signature"


def test_a_key_nobody_registered_is_not_allowed() -> None:
    with pytest.raises(Refused) as refused:
        jws.open_signed(jws.sign(payload(), jws.new_key()), find)
    assert refused.value.code == "not_allowed"


@pytest.mark.rule("SYN-062")
def test_a_payload_has_exactly_the_fields_of_the_table() -> None:
    statement = read()
    assert payload_of(statement) | {"env": "test"} == payload()
    assert set(payload_of(statement)) == {
        "doc", "env", "origin", "hpr", "subject", "version", "issued_at", "state", "body",
    }  # fmt: skip
    absent = read(state="absent", body={}, cause="wrong_identity")
    assert payload_of(absent)["cause"] == "wrong_identity"


@pytest.mark.rule("SYN-064")
def test_fields_of_a_newer_minor_version_are_let_be_and_count_in_the_hash() -> None:
    newer_one = payload(body=GOAL | {"mood": "good"}, weather=1.5)
    text = jws.sign(newer_one, KEY)
    opened = jws.open_signed(text, find)
    statement = read_statement(opened.payload, opened.hash)
    assert read_body(statement) is not None
    assert statement.hash != canonical.digest_of(payload())
    assert statement.body["mood"] == "good"


@pytest.mark.rule("SYN-066")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"doc": "goal_status"}, "doc"),
        ({"doc": 7}, "doc"),
        ({"origin": {"site": "VEST", "trust": "1"}}, "origin.site"),
        ({"origin": {"site": "vest"}}, "origin.trust"),
        ({"hpr": "0912345"}, "hpr"),
        ({"hpr": "1234567890"}, "hpr"),
        ({"subject": ""}, "subject"),
        ({"subject": "FKM\t12"}, "subject"),
        ({"subject": "FKM13"}, "subject"),
        ({"version": {"epoch": 0, "seq": 1}}, "version.epoch"),
        ({"version": {"epoch": 1, "seq": True}}, "version.seq"),
        ({"issued_at": "2026-02-30T00:00:00.000Z"}, "issued_at"),
        ({"issued_at": "2026-02-28T00:00:00Z"}, "issued_at"),
        ({"state": "gone"}, "state"),
        ({"state": "absent"}, "body"),
        ({"body": []}, "body"),
        ({"body": GOAL | {"completed_on": "2026-02-30"}}, "body.completed_on"),
        ({"body": {k: v for k, v in GOAL.items() if k != "approver"}}, "body"),
        ({"body": {k: v for k, v in GOAL.items() if k != "decided_at"}}, "body"),
        ({"body": GOAL | {"status": "not_begun"}}, "body"),
        ({"body": GOAL | {"status": "great"}}, "body.status"),
        ({"doc": "procedure_count/1", "subject": "P1", "body": {"name": "x", "count": 3, "entries": []}}, "body"),
        ({"doc": "activity/1", "subject": "OTHER/1", "body": {"name": "x", "level": "local", "status": "begun"}}, "subject"),
        ({"doc": "activity/1", "subject": "993467049/1", "body": {"name": "x", "level": "local", "status": "expired"}}, "body"),
        ({"doc": "presence/1", "subject": "x", "body": {"state": "active"}}, "subject"),
    ],
)  # fmt: skip
def test_a_broken_payload_is_refused_with_the_failing_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read(**changes)
    assert (refused.value.code, refused.value.field) == ("malformed", field)


@given(st.dictionaries(st.sampled_from([*payload(), "cause"]), plain, max_size=4))
def test_no_payload_is_an_accident(changes: dict[str, Any]) -> None:
    with suppress(Refused):
        read(**changes)


@pytest.mark.rule("SYN-067")
@given(
    st.lists(
        st.tuples(
            st.integers(0, 400),
            st.integers(1, 9),
            st.sampled_from([s for s in RepetitionState if s != "removed"]),
        ),
        min_size=1,
        max_size=300,
    ),
    st.integers(1, 60),
)
def test_folding_keeps_every_sum(days: list[tuple[int, int, RepetitionState]], limit: int) -> None:
    entries = tuple(
        Entry(id=str(place), performed_on=date(2025, 1, 1) + timedelta(days=day), number=number, state=state)
        for place, (day, number, state) in enumerate(days)
    )
    folded = fold(entries, limit)
    assert counted(folded) == counted(entries)

    def sums(found: tuple[Entry, ...]) -> dict[Any, int]:
        totals: dict[Any, int] = {}
        for entry in found:
            totals[entry.performed_on, entry.state] = (
                totals.get((entry.performed_on, entry.state), 0) + entry.number
            )
        return totals

    assert sums(folded) == sums(entries)
    assert len(folded) <= max(limit, len(sums(entries)))
    assert len({entry.id for entry in folded}) == len(folded)


@pytest.mark.rule("SYN-067")
def test_a_message_over_256_kb_is_refused() -> None:
    envelope = messages.Envelope("1", "vest", "goal_status", 1, "vest", 1, "x" * messages.MAX_BYTES)
    with pytest.raises(Refused) as refused:
        messages.unwrap(messages.wrap(envelope, AT))
    assert refused.value.code == "malformed"


@pytest.mark.rule("SYN-060")
def test_the_envelope_is_a_cloud_event_with_stream_number_and_sender() -> None:
    envelope = messages.Envelope("7", "vest", "goal_status", 1, "vest", 12, "a.b.c")
    document = json.loads(messages.wrap(envelope, AT))
    assert document == {
        "specversion": "1.0",
        "id": "7",
        "source": "urn:kp:site:vest",
        "type": "no.kp.sync.goal_status.v1",
        "time": "2026-03-02T13:05:11.402Z",
        "datacontenttype": "application/jose",
        "sender": "vest",
        "stream": 12,
        "data": "a.b.c",
    }
    assert messages.unwrap(messages.wrap(envelope, AT)) == envelope


@given(st.binary(max_size=200) | plain.map(lambda value: json.dumps(value).encode()))
def test_no_message_is_an_accident(raw: bytes) -> None:
    with pytest.raises(Refused):
        messages.unwrap(raw)


@pytest.mark.rule("SYN-050")
@pytest.mark.parametrize(
    ("number", "template", "key"),
    [
        ("FKM-012", None, "FKM12"),
        ("fkm 12", None, "FKM12"),
        ("FKM12", "AMM", "FKM12"),
        ("FKM-012a", None, "FKM12a"),
        ("FKM-12A", None, "FKM12a"),
        ("012", "AMM", "AMM12"),
        ("7b", "KLS-LIS1", "KLS7b"),
    ],
)
def test_spellings_of_a_goal_number_are_one_key(number: str, template: str | None, key: str) -> None:
    assert keys.goal_key(number, template) == key
    assert keys.is_key_of(key, number)


@pytest.mark.parametrize("number", ["", "FKM", "12", "FKM-012-3", "ABCDEFGHI-1"])
def test_what_is_no_goal_number_has_no_key(number: str) -> None:
    with pytest.raises(ValueError):
        keys.goal_key(number)


@pytest.mark.rule("SYN-051")
def test_a_goal_bound_to_one_template_has_a_key_of_its_own() -> None:
    assert keys.goal_key("FKM-012", bound_to="amm") == "FKM12@AMM"
    assert keys.is_key_of("FKM12@AMM", "FKM-012")
    assert keys.goal_key("FKM-012") != keys.goal_key("FKM-012", bound_to="amm")


@pytest.mark.rule("SYN-002")
@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0 912 345", "912345"),
        ("912345", "912345"),
        ("\t0000912345 ", "912345"),
        ("123456789", "123456789"),
        ("1234567890", None),
        ("0", None),
        ("", None),
        ("  ", None),
        ("91234S", None),
        ("٩١٢٣٤٥", None),
        (None, None),
    ],
)
def test_an_hpr_number_is_compared_without_spaces_and_leading_zeros(
    written: str | None, number: str | None
) -> None:
    assert normal_hpr(written) == number


def test_times_are_written_to_the_millisecond_and_read_back() -> None:
    assert moment(AT.replace(microsecond=402999)) == "2026-03-02T13:05:11.402Z"
    assert read_moment(moment(AT), "x") == AT


# Every field that leaves the site, by document type. A new one is a decision about what others get to know (SYN-042).
LEAVES = {
    "presence": "state tracks trusts checks",
    "goal_status": "number text plans catalogue_version status state_at completed_on decided_at approver.name "
    "approver.title approver.capacity approver.trust reason withdrawn_at evidence imported",
    "goal_directorate": "case_number decided_at decision evidence",
    "procedure_count": "name required count entries.id entries.performed_on entries.number entries.state "
    "entries.signer entries.comment goal_keys",
    "activity": "name level external_key learning_form documentation_form goal_keys status signed fulfilled_on "
    "valid_until signer done required comment",
    "plan": "name track specialty state assigned_on ended_on themes.name themes.goals.key themes.goals.number "
    "themes.goals.text",
}


def fields_of(model: Any, prefix: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        inner = [kind for kind in _kinds(field.annotation) if hasattr(kind, "model_fields")]
        found |= fields_of(inner[0], f"{prefix}{name}.") if inner else {f"{prefix}{name}"}
    return found


def _kinds(annotation: Any) -> list[Any]:
    arguments = getattr(annotation, "__args__", ())
    return [annotation, *(kind for argument in arguments for kind in _kinds(argument))]


@pytest.mark.rule("SYN-042")
def test_every_field_that_leaves_the_site_has_been_decided_on() -> None:
    assert {kind: fields_of(model) for kind, model in BODIES.items()} == {
        kind: set(names.split()) for kind, names in LEAVES.items()
    }


def registry(**changes: Any) -> tuple[Registry, dict[str, Any]]:
    site_keys = {"vest": KEY, "kommune": jws.new_key(), "signing": jws.new_key()}
    site_keys["theirs"] = jws.new_key()
    vest: dict[str, Any] = {
        "id": "vest",
        "name": "Helse Vestkyst",
        "kind": "rhf",
        "trusts": [{"number": "993467049", "name": "Havnes"}],
        "keys": [{"x": jws.public(KEY)}, {"x": jws.public(site_keys["signing"]), "use": "signing"}],
        "went_live": "2026-01-01T00:00:00Z",
    } | changes
    kommune = {
        "id": "kommune",
        "name": "Kommunene",
        "kind": "municipal",
        "trusts": [{"number": "K", "name": "Lyngvær"}],
        "capabilities": ["directorate"],
        "keys": [
            {"x": jws.public(site_keys["kommune"])},
            {"x": jws.public(site_keys["theirs"]), "use": "signing"},
        ],
    }
    root = jws.new_key()
    document = {"version": 4, "env": "test", "sites": [vest, kommune]}
    return read_registry(sign_registry(document, root), root, env="test"), site_keys


@pytest.mark.rule("SYN-180")
def test_only_the_origin_or_its_successor_speaks_of_its_facts() -> None:
    known, site_keys = registry()
    assert hold_of(read(), str(KEY.kid), known) is None
    for kid, changes in (
        (site_keys["kommune"].kid, {}),
        (KEY.kid, {"origin": {"site": "kommune", "trust": "K"}}),
        (KEY.kid, {"origin": {"site": "nord", "trust": "K"}}),
        ("unknown", {}),
    ):
        with pytest.raises(Refused) as refused:
            hold_of(read(**changes), str(kid), known)
        assert refused.value.code == "not_allowed"
    successor, _ = registry(successor_of=["kommune"])
    assert hold_of(read(origin={"site": "kommune", "trust": "K"}), str(KEY.kid), successor) is None


@pytest.mark.rule("SYN-181")
def test_a_trust_the_registry_does_not_know_holds_the_statement() -> None:
    known, _ = registry()
    assert hold_of(read(origin={"site": "vest", "trust": "NEW"}), str(KEY.kid), known) is Hold.TRUST_UNKNOWN


@pytest.mark.rule("SYN-182")
def test_only_a_site_with_the_capability_speaks_for_the_directorate() -> None:
    known, site_keys = registry()
    body = {"case_number": "26/1", "decided_at": moment(AT), "decision": "approved"}
    changes: dict[str, Any] = {"doc": "goal_directorate/1", "body": body}
    with pytest.raises(Refused) as refused:
        hold_of(read(**changes), str(KEY.kid), known)
    assert refused.value.code == "not_allowed"
    municipal = read(**changes, origin={"site": "kommune", "trust": "K"})
    assert hold_of(municipal, str(site_keys["kommune"].kid), known) is None


@pytest.mark.rule("SYN-183")
@pytest.mark.parametrize("env", ["prod", "demo", ""])
def test_another_environment_is_refused(env: str) -> None:
    known, _ = registry()
    with pytest.raises(Refused) as refused:
        hold_of(read(env=env), str(KEY.kid), known)
    assert refused.value.code == "wrong_environment"


@pytest.mark.rule("SYN-190")
def test_a_key_verifies_by_its_state_and_the_time_of_the_statement() -> None:
    def judged(**key: Any) -> Hold | None:
        known, _ = registry(keys=[{"x": jws.public(KEY)} | key])
        return hold_of(read(), str(KEY.kid), known)

    before, after = "2026-03-02T13:05:11.401Z", "2026-03-02T13:05:11.403Z"
    assert judged(state="active") is None
    assert judged(state="retired", valid_from=before, valid_until=after) is None
    assert judged(state="retired", valid_until=before) is Hold.KEY_RETIRED
    assert judged(state="retired", valid_from=after) is Hold.KEY_RETIRED
    assert judged(state="compromised") is Hold.UNCONFIRMED


def test_a_registry_of_another_root_or_environment_is_not_taken() -> None:
    root, other = jws.new_key(), jws.new_key()
    document = {"version": 9, "env": "test", "sites": [{"id": "vest", "name": "Vest", "kind": "rhf"}]}
    assert read_registry(sign_registry(document, root), root, env="test").version == 9
    with pytest.raises(ValueError, match="registry"):
        read_registry(sign_registry(document, other), root, env="test")
    with pytest.raises(ValueError, match="environment"):
        read_registry(sign_registry(document, root), root, env="demo")


def evidence(known: Any, **changes: Any) -> str:
    return jws.sign({"act": "approved", "goal": "FKM-012"} | changes, known["signing"], EVIDENCE_TYPE)


@pytest.mark.rule("SYN-070")
def test_an_approval_needs_the_proof_of_its_decision() -> None:
    known, site_keys = registry()

    def judge(**body: Any) -> None:
        changed = {name: value for name, value in (GOAL | body).items() if value is not None}
        statement = read(body=changed)
        check_evidence(statement, read_body(statement), known)

    judge(evidence=evidence(site_keys))
    judge(evidence=None, imported=True, decided_at="2025-12-31T23:59:59.999Z")
    judge(evidence=None, status="waiting")
    for body in (
        {"evidence": None},
        {"evidence": None, "imported": True},
        {"evidence": "eyJ.eyJ.x"},
        {"evidence": evidence(site_keys, act="rejected")},
        {"evidence": evidence(site_keys, goal="FKM-013")},
        {"evidence": evidence({"signing": jws.new_key()})},
        {"evidence": evidence({"signing": KEY})},
        {"evidence": evidence({"signing": site_keys["theirs"]})},  # another site's signing
    ):
        with pytest.raises(Refused) as refused:
            judge(**body)
        assert refused.value.code == "evidence_missing"


def test_before_a_sites_signing_proves_decisions_none_is_asked_for() -> None:
    known, _ = registry(evidence_from="2026-04-01T00:00:00Z")
    without = {name: value for name, value in GOAL.items() if name != "evidence"}
    statement = read(body=without)
    check_evidence(statement, read_body(statement), known)
    late = read(body=without | {"decided_at": "2026-04-01T00:00:00.000Z"})
    with pytest.raises(Refused):
        check_evidence(late, read_body(late), known)


COMMON: dict[str, Any] = {
    "site": "vest",
    "site_name": "Helse Vestkyst",
    "site_kind": "rhf",
    "database_url": "postgresql://localhost/x",
    "public_url": "http://x",
    "identity_url": "http://x",
    "service_secret": "s" * 32,
}


def test_a_trial_site_without_a_registry_is_alone_and_a_real_one_does_not_start() -> None:
    own = identity_of(SyncSettings(environment="demo", **COMMON))
    assert own.peers == ()
    assert identity_of(SyncSettings(environment="demo", **COMMON)).key.kid == own.key.kid
    with pytest.raises(ValueError, match="REGISTRY_ROOT"):
        SyncSettings(environment="prod", **COMMON)


def test_registry_root_and_key_must_fit_together() -> None:
    sites = [SiteToRegister("vest", "Vest", "rhf"), SiteToRegister("kommune", "K", "municipal")]
    made, other = make_registry(sites), make_registry(sites)
    good: dict[str, Any] = dict(made.settings_of("vest"))
    own = identity_of(SyncSettings(environment="demo", **COMMON, **good))
    assert own.peers == ("kommune",)
    assert "directorate" in own.registry.sites["kommune"].capabilities
    for name, value in (
        ("registry", other.registry),
        ("registry_root", other.registry_root),
        ("site_private_key", made.private_keys["kommune"]),
        ("site_private_key", made.registry_root),
        ("site_private_key", "x"),
    ):
        with pytest.raises(BadSettings):
            identity_of(SyncSettings(environment="demo", **COMMON, **(good | {name: value})))


def test_open_trusts_are_for_trials_only() -> None:
    made = make_registry([SiteToRegister("vest", "Vest", "rhf")], env="prod")
    with pytest.raises(ValueError, match="open"):
        read_registry(made.registry, jws.read_key(made.registry_root), env="prod")


def test_a_fact_that_is_gone_has_no_body() -> None:
    assert read(state="absent", body={}).state is FactState.ABSENT
