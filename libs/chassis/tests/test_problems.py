"""Refusals as documents, in two languages."""

import pytest

from stafett_chassis import problems
from stafett_chassis.problems import Fault, Invalid, Problem, StaleVersion, check_version


def test_a_problem_document_has_a_stable_type_and_both_texts() -> None:
    problem = problems.Conflict("already_sent", "Er sendt.", "Is sent.", state="sent")
    assert problem.document() == {
        "type": "/problems/already_sent",
        "title": "Er sendt.",
        "status": 409,
        "code": "already_sent",
        "messages": {"nb": "Er sendt.", "en": "Is sent."},
        "state": "sent",
    }
    assert problem.document("en")["title"] == "Is sent."
    assert str(problem) == "409 already_sent: Is sent."


def test_faulty_fields_are_told_in_the_language_asked_for() -> None:
    invalid = Invalid([Fault("date", "too_early", "For tidlig.", "Too early.")])
    [fault] = invalid.document("en")["errors"]
    assert fault == {
        "field": "date",
        "code": "too_early",
        "message": "Too early.",
        "messages": {"nb": "For tidlig.", "en": "Too early."},
    }


@pytest.mark.parametrize(
    ("problem", "status", "code"),
    [
        (problems.Forbidden(), 403, "forbidden"),
        (problems.NotFound(), 404, "not_found"),
        (problems.Unauthenticated("x", "a", "b"), 401, "x"),
        (problems.Refused("x", "a", "b"), 422, "x"),
        (problems.VersionRequired(), 428, "version_required"),
        (problems.StaleVersion({"text": "a"}), 412, "stale_version"),
    ],
)
def test_each_refusal_has_its_status(problem: Problem, status: int, code: str) -> None:
    assert (problem.status, problem.code) == (status, code)
    assert problem.nb
    assert problem.en


def test_only_a_version_other_than_the_current_is_stale() -> None:
    check_version(None, 3)
    check_version(3, 3)
    with pytest.raises(StaleVersion) as refused:
        check_version(2, 3, {"text": "a"})
    assert refused.value.extra == {"current": {"text": "a"}, "version": 3}
