"""Odd calls of every operation of a service: none may be an error of ours.

One test in each service, with whoever may do most and some things that exist:

    async def test_no_call_however_odd_is_an_error_of_ours(plans: ServiceUnderTest, admin: Position) -> None:
        await fuzz.survives(plans, plans.client(admin), known={"plan_id": [plan.plan_id]})

Each operation is called as its description has it and against it (missing, long, negative, half a surrogate pair …), by
the client and by nobody. The calls are the same every time; their number is bounded, not their duration: about a
thousand, a few seconds.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from itertools import cycle
from typing import Any, cast

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

from stafett_testing.service import ServiceUnderTest

CALLS = 1000
_SECONDS = 10  # for one call
_ENOUGH = 10  # bad answers to stop at
_HEADERS = ("if-match", "idempotency-key")


async def survives(
    under_test: ServiceUnderTest,
    client: httpx.AsyncClient,
    *,
    known: Mapping[str, Sequence[object]] | None = None,
    without: Collection[str] = (),
    calls: int = CALLS,
) -> None:
    """Call every operation of `under_test`; `AssertionError` lists what was answered badly.

    Badly is: 500 and above, a refusal without a code, or something given to nobody that is not marked as open.
    `known` are values of path parameters that exist, used in every other call. `without` are operations to leave out
    (`GET /api/plans/stream`), such as ones that stream for ever.
    """
    document = under_test.app.openapi()
    found = [cast(Any, one).ok() for one in schemathesis.openapi.from_dict(document).get_all_operations()]
    operations = [one for one in sorted(found, key=lambda one: str(one.label)) if one.label not in without]
    # Each example is called by two people, in two modes.
    examples = max(2, min(25, calls // (4 * max(1, len(operations)))))
    nobody = under_test.client()
    bad: list[str] = []
    for operation in operations:
        is_open = operation.definition.raw.get("security", document.get("security")) == []
        existing = {name: cycle(values) for name, values in (known or {}).items() if values}
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for number, case in enumerate(_cases(operation, mode, examples)):
                if number % 2:
                    for name in case.path_parameters or {}:
                        if name in existing:
                            case.path_parameters[name] = str(next(existing[name]))
                for caller in (client, nobody):
                    bad += await _call(caller, case, may_succeed=caller is client or is_open)
                assert len(bad) < _ENOUGH, _report(bad)
    assert not bad, _report(bad)


def _report(bad: list[str]) -> str:
    return "\n".join([f"{len(bad)} calls were answered badly:", *bad])


def _cases(operation: Any, mode: GenerationMode, examples: int) -> list[Any]:
    found: list[Any] = []

    @settings(
        derandomize=True,
        database=None,
        max_examples=examples,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(case=operation.as_strategy(mode))
    def collect(case: Any) -> None:
        found.append(case)

    try:
        collect()
    except Unsatisfiable:
        return []  # without parameters and body there is nothing to break
    return found


async def _call(caller: httpx.AsyncClient, case: Any, *, may_succeed: bool) -> list[str]:
    whole = case.as_transport_kwargs(base_url=str(caller.base_url.copy_with(path="/")).rstrip("/"))
    call = {
        name: whole[name] for name in ("method", "url", "params", "json", "data", "files") if whole.get(name)
    }
    if isinstance(call.get("data"), bytes | str):
        call["content"] = call.pop("data")
    headers = {
        name: str(value)
        for name, value in (whole.get("headers") or {}).items()
        if name.lower() in _HEADERS and str(value).isascii() and str(value).isprintable()
    }
    shown = f"{call.get('method')} {call.get('url')} {call.get('params') or ''} {call.get('json', call.get('content', ''))!r}"
    try:
        async with asyncio.timeout(_SECONDS):
            answer = await caller.request(**call, headers=headers)
    except TimeoutError:
        return [f"no answer in {_SECONDS} s: {shown[:500]}"]
    except (httpx.InvalidURL, UnicodeEncodeError, TypeError):
        return []  # no client could send this
    return _faults(answer, shown, may_succeed=may_succeed)


def _faults(answer: httpx.Response, shown: str, *, may_succeed: bool) -> list[str]:
    told = f"{answer.status_code} to {'nobody' if not may_succeed else 'the client'}: {shown[:500]}"
    if answer.status_code >= 500:
        return [f"{told}\n    {answer.text[:500]}"]
    if answer.status_code < 400:
        return [] if may_succeed else [told]
    try:
        has_code = bool(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        has_code = False
    return [] if has_code else [f"{told}\n    without a code: {answer.text[:500]}"]
