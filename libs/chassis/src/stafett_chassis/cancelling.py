"""Stopping loops that outlive errors."""

import asyncio


def honour_cancellation() -> None:
    """Raise `CancelledError` when this task has been told to stop.

    To be called by loops that catch connection errors and go on: libraries for connections answer a cancellation
    now and then with an error of their own, and the loop would never end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
