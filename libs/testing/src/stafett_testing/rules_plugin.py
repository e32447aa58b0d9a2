"""Records which rules each test proves.

A test says what it proves with its mark, and `make rules` tells the sum::

    @pytest.mark.rule("PLN-045", "PLN-047")
    def test_the_day_itself_is_yellow() -> None: ...

The mark may stand on a class or, as `pytestmark`, on a module. A number that no rule bears stops the
run. Results go to `.rules/last-run.json`: a run of everything replaces it, a run of a part only
renews the tests it ran.
"""

from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

from stafett_testing.proofs import PYTEST_RESULTS, RESULTS_FOLDER, Outcome, Result, record
from stafett_testing.rulebook import RULES_FOLDER, BadRules, read_rules

_PROPERTY = "stafett-rules"
# Options that leave tests out, so that a run without paths is still not a run of everything.
_NARROWING = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "maxfail")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known, and start recording if there are rules to prove."""
    config.addinivalue_line("markers", "rule(*numbers): the numbered rules of docs/rules this test proves")
    if (config.rootpath / RULES_FOLDER).is_dir():
        config.pluginmanager.register(_Rules(config), "stafett-rules-recorder")


class _Rules:
    """Reads the marks where tests are collected and gathers the outcomes where they are reported.

    Under xdist the former is in the workers and the latter in the controller; the rules travel with
    the report, as a user property.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        try:
            self.known = frozenset(read_rules(config.rootpath))
        except BadRules as error:
            raise pytest.UsageError(str(error)) from error
        self.results: dict[str, Result] = {}
        self.all_collected = True

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Note each collected test's rules; a number that no rule bears is an error of its module."""
        report = yield
        faults = []
        for item in report.result or ():
            if not isinstance(item, pytest.Item):
                continue
            numbers = sorted({str(number) for mark in item.iter_markers("rule") for number in mark.args})
            faults += [
                f"{item.nodeid} names {n!r}, which no rule bears" for n in numbers if n not in self.known
            ]
            item.user_properties.append((_PROPERTY, numbers))
        if faults:
            report.outcome = "failed"
            report.longrepr = "\n".join(faults)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module that cannot be collected hides tests: the run is not one of everything."""
        self.all_collected = self.all_collected and not report.failed

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        numbers = dict(report.user_properties).get(_PROPERTY)
        if not isinstance(numbers, list | tuple):
            return
        before = self.results.get(report.nodeid)
        outcome = _worse(before.outcome if before else None, report)
        if outcome is not None:
            self.results[report.nodeid] = Result(tuple(str(number) for number in numbers), outcome)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if hasattr(self.config, "workerinput") or self.config.option.collectonly:
            return
        ran_to_the_end = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        complete = ran_to_the_end and self.all_collected and _everything(self.config)
        if complete or self.results:
            record(self.config.rootpath / RESULTS_FOLDER / PYTEST_RESULTS, self.results, complete=complete)


def _worse(before: Outcome | None, report: pytest.TestReport) -> Outcome | None:
    """A test passes if its call does and neither set-up nor tear-down fails; what xfails proves nothing."""
    if report.failed or before == "failed":
        return "failed"
    if report.skipped or before == "skipped":
        return "skipped"
    return "passed" if report.when == "call" else before


def _everything(config: pytest.Config) -> bool:
    whole: Iterable[pytest.Config.ArgsSource] = (
        pytest.Config.ArgsSource.TESTPATHS,
        pytest.Config.ArgsSource.INVOCATION_DIR,
    )
    at_root = Path(config.invocation_params.dir) == config.rootpath
    return (
        at_root
        and config.args_source in whole
        and not any(getattr(config.option, name, None) for name in _NARROWING)
    )
