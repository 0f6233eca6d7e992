"""Notices when somebody sets the wall clock, or the machine sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from watchd import log

_log = log.Log("watchd.daemon")

EVERY = 10.0  # seconds; at the times at which idle ticks come, to wake the machine once
DRIFT = 5.0  # seconds by which it may part from the monotonic clock in that time


async def jumps() -> AsyncIterator[float]:
    """Each jump of the wall clock against the monotonic one, in seconds; forward is positive."""
    offset = time.time() - time.monotonic()
    while True:
        await asyncio.sleep(EVERY - time.time() % EVERY)
        jump = time.time() - time.monotonic() - offset
        if abs(jump) < DRIFT:
            continue
        offset += jump
        _log.warning("clock.jumped", seconds=round(jump))
        yield jump
