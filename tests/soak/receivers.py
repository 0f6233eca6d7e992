"""Receivers in trouble: webhooks that refuse, are slow, hang up, or are not there at all; each
writes down what it took, and how it answered.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

Answered = Literal["ok", "slow", "refused", "busy", "wrong", "cut", "silent"]
AMBIGUOUS: tuple[Answered, ...] = ("cut", "silent")  # it took the message, and did not say so
TOOK: tuple[Answered, ...] = ("ok", "slow", *AMBIGUOUS)

_STATUS = {"refused": 503, "busy": 429, "wrong": 400}
_HIT = re.compile(r"^hit (\d+) · rule ", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How often a receiver answers how: shares of 1. What is left is "ok". Spans are seconds."""

    refused: float = 0.26
    busy: float = 0.02
    wrong: float = 0.02
    slow: float = 0.01
    cut: float = 0.005
    silent: float = 0.001
    slowness: float = 1.0
    silence: float = 3.0  # longer than the daemon waits
    wait: int = 1  # what "busy" asks for


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One hit in one message as it came."""

    hit: int
    marked: bool  # it says that it may be a repeat
    answered: Answered
    at: float  # seconds since 1970


@dataclass(slots=True)
class Receiver:
    """A webhook on a port of its own, from `open` to `close`; it can be dead in between."""

    name: str
    manners: Manners
    chance: random.Random
    taken: list[Taken] = field(default_factory=list)
    answers: dict[Answered, int] = field(default_factory=dict)
    port: int = 0
    _server: ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> None:
        """Listen; on the same port as before, if there was one."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Be dead: nobody listens."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, body: str) -> Answered:
        """Take a message or not, by chance, and write that down before anything is said."""
        how = self._manner()
        message = json.loads(body)["message"]
        marked = message.startswith("REPEAT?")
        with self._lock:
            self.answers[how] = self.answers.get(how, 0) + 1
            if how in TOOK:
                self.taken += [
                    Taken(hit=int(hit), marked=marked, answered=how, at=time.time())
                    for hit in _HIT.findall(message)
                ]
        return how

    def _manner(self) -> Answered:
        luck = self.chance.random()
        names: tuple[Answered, ...] = ("refused", "busy", "wrong", "slow", "cut", "silent")
        for name in names:
            luck -= getattr(self.manners, name)
            if luck < 0:
                return name
        return "ok"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        pass  # clients that are killed in the middle of a word are what this is for


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            self.close_connection = True
            if len(body) < length:
                return  # the daemon died in the middle of a word
            how = receiver.answer(body.decode())
            if how == "cut":
                return
            if how in ("slow", "silent"):
                manners = receiver.manners
                time.sleep(manners.slowness if how == "slow" else manners.silence)
            self.send_response(_STATUS.get(how, 200))
            if how == "busy":
                self.send_header("Retry-After", str(receiver.manners.wait))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    return Handler
