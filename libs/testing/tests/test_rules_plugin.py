"""The plugin, run on small projects of its own."""

import json

import pytest

pytest_plugins = ["pytester"]

SUITE = """
import pytest

@pytest.mark.rule("PLN-001")
def test_passes(): pass

@pytest.mark.rule("PLN-001", "PLN-002")
class TestBoth:
    @pytest.mark.rule("PLN-003")
    def test_passes(self): pass
    def test_fails(self): assert False

@pytest.mark.rule("PLN-003")
def test_is_skipped(): pytest.skip("not here")

@pytest.mark.rule("PLN-003")
@pytest.mark.xfail
def test_is_known_to_fail(): assert False

@pytest.fixture
def broken_after():
    yield
    raise RuntimeError

@pytest.mark.rule("PLN-003")
def test_breaks_in_tear_down(broken_after): pass

def test_names_no_rule(): pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("docs") / "rules"
    folder.mkdir()
    text = "- **PLN-001** One.\n- **PLN-002** Two.\n- **PLN-003** Three.\n"
    (folder / "plans.md").write_text(text, encoding="utf-8")
    pytester.makeini("[pytest]\ntestpaths = .\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def recorded(project: pytest.Pytester) -> dict[str, str]:
    text = (project.path / ".rules" / "last-run.json").read_text(encoding="utf-8")
    return {name.partition("::")[2]: entry["outcome"] for name, entry in json.loads(text)["tests"].items()}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with workers"])
def test_outcomes_of_marked_tests_are_recorded(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    project.makepyfile(test_suite=SUITE)
    run(project, *workers)
    assert recorded(project) == {
        "TestBoth::test_fails": "failed",
        "TestBoth::test_passes": "passed",
        "test_breaks_in_tear_down": "failed",
        "test_is_known_to_fail": "skipped",
        "test_is_skipped": "skipped",
        "test_passes": "passed",
    }


def test_marks_of_the_class_and_of_the_test_add_up(project: pytest.Pytester) -> None:
    project.makepyfile(test_suite=SUITE)
    run(project)
    kept = json.loads((project.path / ".rules" / "last-run.json").read_text(encoding="utf-8"))["tests"]
    assert kept["test_suite.py::TestBoth::test_passes"]["rules"] == ["PLN-001", "PLN-002", "PLN-003"]


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "with workers"])
def test_an_unknown_rule_stops_the_run_and_names_the_test(
    project: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    project.makepyfile(test_suite='import pytest\n\n@pytest.mark.rule("PLN-404")\ndef test_x(): pass\n')
    outcome = run(project, *workers)
    assert outcome.ret != 0
    text = outcome.stdout.str() + outcome.stderr.str()
    assert "test_suite.py::test_x names 'PLN-404', which no rule bears" in text
    assert not (project.path / ".rules").exists()


@pytest.mark.parametrize("part", [["test_b.py"], ["-k", "test_second"]], ids=["a path", "a word"])
def test_a_run_of_a_part_keeps_what_is_known_of_the_rest(project: pytest.Pytester, part: list[str]) -> None:
    marked = 'import pytest\n\n@pytest.mark.rule("PLN-001")\ndef {}(): assert {}\n'
    project.makepyfile(test_a=marked.format("test_first", True), test_b=marked.format("test_second", True))
    run(project)
    project.makepyfile(test_b=marked.format("test_second", False))
    run(project, *part)
    assert recorded(project) == {"test_first": "passed", "test_second": "failed"}


def test_a_run_of_everything_forgets_tests_that_are_gone(project: pytest.Pytester) -> None:
    marked = 'import pytest\n\n@pytest.mark.rule("PLN-001")\ndef {}(): pass\n'
    project.makepyfile(test_a=marked.format("test_first"), test_b=marked.format("test_second"))
    run(project)
    (project.path / "test_b.py").unlink()
    run(project)
    assert recorded(project) == {"test_first": "passed"}


def test_a_run_stopped_at_the_first_failure_forgets_nothing(project: pytest.Pytester) -> None:
    marked = 'import pytest\n\n@pytest.mark.rule("PLN-001")\ndef {}(): assert {}\n'
    project.makepyfile(test_a=marked.format("test_first", True), test_b=marked.format("test_second", True))
    run(project)
    project.makepyfile(test_a=marked.format("test_first", False))
    run(project, "-x")
    assert recorded(project) == {"test_first": "failed", "test_second": "passed"}
