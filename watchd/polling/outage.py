"""Whether it is our own network that is out: then no feed is to blame."""

from __future__ import annotations

from datetime import datetime

NO_NETWORK = ("dns", "connect", "timeout", "deadline")
"""The kinds of FetchError that may be the network's doing."""
ENOUGH = 5
"""Hosts that all fail, and none answers."""


class Network:
    """What the last requests to the internet tell. One for a daemon; private feeds do not count."""

    def __init__(self, out_since: datetime | None = None) -> None:
        self._silent: set[str] = set()  # hosts that failed since one last answered
        self._first: datetime | None = None  # of these failures
        self.out_since = out_since  # None: it is there

    def answered(self) -> bool:
        """Some host answered, with whatever. Returns whether that ends an outage."""
        was_out = self.out_since is not None
        self._silent.clear()
        self._first = self.out_since = None
        return was_out

    def failed(self, host: str, hosts: int, now: datetime) -> bool:
        """A host could not be reached, of `hosts` that there are. Returns whether we are out.

        We are when five hosts in a row failed (all, where there are fewer, but two at least).
        """
        self._silent.add(host)
        self._first = self._first or now
        if len(self._silent) >= max(2, min(ENOUGH, hosts)):
            self.out_since = self.out_since or self._first
        return self.out_since is not None
