"""Waiting for what has to become true, with a message when it does not."""

import socket

import pytest

from stafett_testing.waiting import Eventually


async def test_waiting_ends_with_the_first_true_answer(eventually: Eventually) -> None:
    answers = iter([0, None, "", "there"])
    assert await eventually(lambda: next(answers)) == "there"


async def test_a_condition_may_be_async(eventually: Eventually) -> None:
    async def ready() -> int:
        return 7

    assert await eventually(ready) == 7


async def test_an_assertion_means_not_yet(eventually: Eventually) -> None:
    seen: list[int] = []

    def three_seen() -> bool:
        seen.append(1)
        assert len(seen) == 3
        return True

    assert await eventually(three_seen)


async def test_any_other_error_passes_at_once(eventually: Eventually) -> None:
    def broken() -> bool:
        raise KeyError("goal")

    with pytest.raises(KeyError, match="goal"):
        await eventually(broken, timeout=60)


async def test_failure_tells_what_was_waited_for_and_what_was_seen(eventually: Eventually) -> None:
    inbox = ["one"]
    with pytest.raises(AssertionError, match=r"len\(inbox\) == 2.*did not come true in 0\.\d s.*gave False"):
        await eventually(lambda: len(inbox) == 2, timeout=0.05)
    with pytest.raises(AssertionError, match=r"^the second mail did not come true"):
        await eventually(lambda: False, timeout=0.05, message="the second mail")


def test_a_free_port_can_be_listened_on(free_port: int) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_port))
