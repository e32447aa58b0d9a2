"""Identifiers and words."""

import time
from concurrent.futures import ThreadPoolExecutor
from inspect import isclass

import pytest

from stafett_contracts import new_id, vocabulary
from stafett_contracts.basis import BasisPlan, RequirementBasis, content_hash
from stafett_contracts.ids import RequirementId
from stafett_contracts.vocabulary import DocumentationForm, LearningForm, LinkState, Role
from stafett_contracts.vocabulary.word import Word

WORDS = [
    word
    for word in vars(vocabulary).values()
    if isclass(word) and issubclass(word, Word) and word is not Word
]


def test_ids_are_uuids_of_version_7_that_sort_by_when_they_were_made() -> None:
    before = time.time_ns() // 1_000_000
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert before <= made[0].int >> 80 <= time.time_ns() // 1_000_000


def test_ids_made_by_several_threads_are_all_different() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = [
            one for batch in threads.map(lambda _: [new_id() for _ in range(2000)], range(8)) for one in batch
        ]
    assert len(set(made)) == 16_000


def test_ids_go_on_rising_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    made = [new_id() for _ in range(9000)]
    assert [before, *made] == sorted({before, *made})


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_every_word_is_a_code_with_labels_in_both_languages(word: type[Word]) -> None:
    assert word.__doc__ != Word.__doc__
    for member in word:
        assert str(member) == member.value == member
        assert word(str(member)) is member
        assert member.label_nb
        assert member.label_en


def test_there_are_17_learning_forms_and_8_documentation_forms() -> None:
    assert len(LearningForm) == 17
    assert len(DocumentationForm) == 8
    assert LearningForm.E_LEARNING.label_nb == "E-læring/digital læring"
    assert DocumentationForm("signature_board").label_nb == "Signatur (evalueringskollegium)"


def test_the_role_catalogue_is_whole() -> None:
    assert len(Role) == 28  # IDN-152 to IDN-178, where IDN-160 is two
    assert Role.PLAN_STEWARD.label_nb == "Kompetanseplanansvarlig"


def test_link_states_come_in_the_order_they_are_tried() -> None:
    assert [str(state) for state in LinkState][:3] == ["not_trainee", "no_hpr", "duplicate_hpr"]


def basis(**more: object) -> RequirementBasis:
    fields: dict[str, object] = {
        "requirement_id": RequirementId(new_id()),
        "number": "K-1",
        "version": 2,
        "name": "Blodprøver på åpen post",
        "plans": (BasisPlan(name="Nyansatt"),),
    }
    return RequirementBasis.model_validate(fields | more)


def test_the_content_hash_follows_the_content_and_nothing_else() -> None:
    one = basis()
    assert content_hash(one) == content_hash(RequirementBasis.model_validate_json(one.model_dump_json()))
    assert content_hash(one) != content_hash(one.model_copy(update={"comment": "Godt utført"}))
    assert len(content_hash(one)) == 64
