"""Receivers near by: a webhook and Slack-shaped server, and a mail server. Both do as they are
told: refuse, ask for patience, answer too late, hang up; and both remember what they got.

As pytest fixtures (`hooks`, `inbox`) or as context managers (`Hooks()`, `Inbox()`) in a script.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import pytest

PATIENCE = 30  # seconds after which a late answer is given up, should the test have died


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a web server answers one request. `late`: not before the sink is closed."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    late: bool = False
    cut: Literal["", "silent", "half"] = ""  # hang up without a word, or in the middle of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A request as it arrived, and the status it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int

    def json(self) -> Any:
        return json.loads(self.body)


class Hooks:
    """A web server on this machine that takes any POST; answers 200 "ok" unless told otherwise."""

    def __init__(self) -> None:
        self.received: list[Post] = []
        self._script: defaultdict[str, list[Answer]] = defaultdict(list)
        self._always: dict[str, Answer] = {}
        self._closing = threading.Event()
        self._lock = threading.Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                sink._serve(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *args: object) -> None:
                pass  # clients that hang up first are what some tests are about

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    def answer(self, *answers: Answer, path: str = "*") -> None:
        """Give these answers next, each once, to requests for `path` ("*": any)."""
        self._script[path].extend(answers)

    def always(self, answer: Answer, path: str = "*") -> None:
        """Give this answer from now on, once the ones in `answer` are used up."""
        self._always[path] = answer

    def at(self, path: str) -> list[Post]:
        """What arrived for one path."""
        return [post for post in self.received if post.path.partition("?")[0] == path]

    def _next(self, path: str) -> Answer:
        with self._lock:
            for key in (path, "*"):
                if self._script[key]:
                    return self._script[key].pop(0)
            return self._always.get(path) or self._always.get("*") or Answer()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length).decode()
        answer = self._next(request.path.partition("?")[0])
        post = Post(
            method=request.command,
            path=request.path,
            headers=dict(request.headers),
            body=body,
            status=answer.status,
        )
        with self._lock:
            self.received.append(post)
        if answer.late:
            self._closing.wait(PATIENCE)
        request.close_connection = True
        if answer.cut == "silent":
            return
        content = answer.body.encode()
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2] if answer.cut == "half" else content)

    def __enter__(self) -> Hooks:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


Step = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """How a mail server answers at one step of one mail; `end` is after the mail's last line."""

    at: Step = "end"
    code: int = 250
    words: str = "as you say"
    late: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it arrived, taken (`code` 250) or not; with `cut` no code was ever said."""

    sender: str
    to: tuple[str, ...]
    raw: str
    code: int

    @property
    def parsed(self) -> EmailMessage:
        message = email.message_from_string(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def part(self, kind: Literal["plain", "html"]) -> str:
        """The text or the HTML of the mail."""
        body = self.parsed.get_body(preferencelist=(kind,))
        assert body is not None
        return str(body.get_content())


class Inbox:
    """A mail server on this machine, without TLS; takes every mail unless told otherwise."""

    def __init__(self) -> None:
        self.received: list[Mail] = []
        self._script: list[Reply] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                # Either side may hang up: the client as it likes, we when the script says so.
                with contextlib.suppress(ConnectionError, _HangUp):
                    sink._serve(self)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.address = f"127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[Mail]:
        """The mails that were taken."""
        return [mail for mail in self.received if mail.code == 250]

    def answer(self, *replies: Reply) -> None:
        """Give each of these replies once, at its step."""
        self._script.extend(replies)

    def _say(self, handler: socketserver.StreamRequestHandler, step: Step, code: int) -> int:
        """Reply as scripted, or with `code`; returns the code said."""
        words = "ok"
        with self._lock:
            reply = next((each for each in self._script if each.at == step), None)
            if reply is not None:
                self._script.remove(reply)
                code, words = reply.code, reply.words
        if reply is not None and reply.late:
            self._closing.wait(PATIENCE)
        if reply is not None and reply.cut:
            raise _HangUp
        handler.wfile.write(f"{code} {words}\r\n".encode())
        return code

    def _serve(self, handler: socketserver.StreamRequestHandler) -> None:
        sender = ""
        to: list[str] = []
        if self._say(handler, "connect", 220) >= 400:
            return
        while line := handler.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    handler.wfile.write(b"250-sink\r\n250-AUTH PLAIN\r\n")
                    self._say(handler, "ehlo", 250)
                case "AUTH":
                    self._say(handler, "auth", 235)
                case "MAIL":
                    sender, to = _address(rest), []
                    self._say(handler, "mail", 250)
                case "RCPT":
                    if self._say(handler, "rcpt", 250) == 250:
                        to.append(_address(rest))
                case "DATA":
                    if self._say(handler, "data", 354) == 354:
                        self._take(handler, sender, tuple(to))
                case "QUIT":
                    handler.wfile.write(b"221 bye\r\n")
                    return
                case _:
                    handler.wfile.write(b"250 ok\r\n")

    def _take(
        self, handler: socketserver.StreamRequestHandler, sender: str, to: tuple[str, ...]
    ) -> None:
        lines = []
        while (line := handler.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        raw = b"".join(lines).decode()
        scripted = next((each for each in self._script if each.at == "end"), Reply())
        # Written down before the answer: a late or lost answer does not undo a mail.
        mail = Mail(sender=sender, to=to, raw=raw, code=scripted.code)
        with self._lock:
            self.received.append(mail)
        self._say(handler, "end", 250)

    def __enter__(self) -> Inbox:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


class _HangUp(Exception):
    pass


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    """A webhook receiver; `slack://` goes to it where a test points Apprise's constant at it."""
    with Hooks() as sink:
        yield sink


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A mailbox on this machine."""
    with Inbox() as sink:
        yield sink
