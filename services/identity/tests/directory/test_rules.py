"""Names, national ids and HPR numbers."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_identity.directory import rules
from stafett_identity.directory.rules import HprSource


def with_control(head: str) -> str | None:
    digits = [int(digit) for digit in head]
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        check = -sum(w * d for w, d in zip(weights, digits, strict=False)) % 11
        if check == 10:
            return None
        digits.append(check)
    return "".join(map(str, digits))


def test_names_sort_with_ae_oe_aa_last_and_double_a_as_aa() -> None:
    names = [
        ("Hansen", "Anne"),
        ("Hansen", "Øyvind"),
        ("Hansen Berg", "Anne"),
        ("Zakariassen", "Per"),
        ("Ærlig", "Per"),
        ("Østby", "Per"),
        ("Ås", "Per"),
        ("Aasen", "Per"),
    ]
    keys = [rules.sort_key(*name) for name in names]
    assert sorted(keys, key=str.encode) == keys


def test_accents_do_not_matter_to_order_or_search() -> None:
    assert rules.sort_key("Návuotna", "Máret") == rules.sort_key("Navuotna", "Maret")
    assert rules.search_text("Jasmina", "Osmanović") == "jasmina osmanovic"
    assert rules.folded("  Mäkinen-O'Brien ") == "mækinen o brien"
    assert rules.search_words("H æ") == ["h", "æ"]
    assert rules.search_words("h") == []


@given(st.text(max_size=40), st.text(max_size=40))
@settings(derandomize=True, database=None)
def test_sort_keys_and_search_texts_are_plain_bytes(family: str, given_name: str) -> None:
    assert rules.sort_key(family, given_name).isascii()
    assert set(rules.search_text(family, given_name)) <= set("abcdefghijklmnopqrstuvwxyzæøå0123456789 ")


@pytest.mark.rule("IDN-007")
@given(st.dates(date(1940, 1, 1), date(2039, 12, 31)), st.integers(0, 999))
@settings(derandomize=True, database=None)
def test_a_date_with_its_two_control_digits_is_a_national_id_and_one_wrong_digit_is_none(
    day: date, number: int
) -> None:
    made = with_control(f"{day:%d%m%y}{number:03}")
    if made is not None:
        assert rules.is_national_id(made, synthetic=False)
        wrong = made[:10] + str((int(made[10]) + 1) % 10)
        assert not rules.is_national_id(wrong, synthetic=True)


@pytest.mark.rule("IDN-007")
@pytest.mark.parametrize(("day", "month"), [(41, 1), (71, 12), (1, 1), (31, 12)])
def test_a_d_number_has_forty_added_to_its_day(day: int, month: int) -> None:
    found = [with_control(f"{day:02}{month:02}85{number}") for number in range(300, 340)]
    assert any(found)
    assert all(rules.is_national_id(one, synthetic=False) for one in found if one)


@pytest.mark.rule("IDN-007")
@pytest.mark.parametrize("added", [40, 80])
def test_a_synthetic_number_is_accepted_only_where_it_is_told_to(added: int) -> None:
    found = [with_control(f"15{6 + added}85{number}") for number in range(300, 320)]
    for one in filter(None, found):
        assert rules.is_synthetic(one)
        assert rules.is_national_id(one, synthetic=True)
        assert not rules.is_national_id(one, synthetic=False)


@pytest.mark.rule("IDN-007")
@pytest.mark.parametrize(
    "head", ["320185300", "310285300", "001285300", "150085300", "721285300", "153385300"]
)
def test_an_impossible_date_is_refused(head: str) -> None:
    for number in range(100):
        made = with_control(f"{head[:6]}{int(head[6:]) + number}")
        if made is not None:
            assert not rules.is_national_id(made, synthetic=True)


@pytest.mark.rule("IDN-007")
@pytest.mark.parametrize("text", ["", "1234567890", "123456789012", "1234567890a", "١٢٣٤٥٦٧٨٩٠١"])
def test_anything_but_eleven_digits_is_refused(text: str) -> None:
    assert not rules.is_national_id(text, synthetic=True)


@pytest.mark.rule("IDN-010")
@pytest.mark.parametrize(
    ("known", "given_number", "expected"),
    [
        ((None, None), ("7654321", HprSource.SELF), ("7654321", "self")),
        (("1111111", "self"), ("2222222", HprSource.HR), ("2222222", "hr")),
        (("1111111", "hr"), ("2222222", HprSource.EID), ("2222222", "eid")),
        (("1111111", "hr"), ("2222222", HprSource.HR), ("2222222", "hr")),
        (("1111111", "eid"), ("2222222", HprSource.HR), ("1111111", "eid")),
        (("1111111", "hr"), ("2222222", HprSource.SELF), ("1111111", "hr")),
        (("1111111", "hr"), (None, HprSource.EID), ("1111111", "hr")),
        (("1111111", "hr"), ("", HprSource.EID), ("1111111", "hr")),
    ],
)
def test_the_better_source_of_an_hpr_number_stands(
    known: tuple[str | None, str | None],
    given_number: tuple[str | None, HprSource],
    expected: tuple[str, str],
) -> None:
    assert rules.better_hpr(*known, *given_number) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234567", "1234567"),
        ("012345678", "12345678"),
        ("123456", None),
        ("12345678901", None),
        ("12a4567", None),
    ],
)
def test_an_hpr_number_is_seven_to_nine_digits(text: str, number: str | None) -> None:
    assert rules.hpr_number(text) == number


@pytest.mark.rule("IDN-015")
@pytest.mark.parametrize(
    ("at_work", "private", "expected"),
    [(True, "p", "w"), (True, None, "w"), (False, "p", "p"), (False, None, None)],
)
def test_mail_goes_to_work_while_at_work_on_a_hospital_site(
    at_work: bool, private: str | None, expected: str | None
) -> None:
    assert rules.address_to_use("w", private, at_work=at_work, has_work_mail=True) == expected
