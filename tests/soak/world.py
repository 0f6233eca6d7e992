"""A small world for watchd to watch: feeds in five languages, and receivers that write down what
they get.

It serves on this machine only: its own pages and webhooks on 127.0.0.1, a mail server on the
port after, and each feed on an address of its own (127.0.2.1, 127.0.2.2, …): another host each.
  /feeds.json    the feeds: name, url, lang
  /feed/NAME     RSS, the newest items first; ETag, gzip, 304
  /page/ID       an item as a page
  /hook/NAME     takes any POST
The folder of --log gets exposed.jsonl (feed, id, guid, at: the item was in a complete answer)
and received.jsonl (sink, at, status, body; late: the answer came too late to be heard).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import json
import random
import socketserver
import threading
import time
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.soak.news import Entry, Settings, plan
from tests.support.site import rss


@dataclass(slots=True)
class Log:
    """The world's own word on what happened: lines of JSON."""

    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _exposed: set[tuple[str, str]] = field(default_factory=set)

    def exposed(self, feed: str, entries: list[Entry], base: str) -> None:
        """These were in an answer that went out whole. Each is told once."""
        with self._lock:
            fresh = [e for e in entries if (feed, e.guid) not in self._exposed]
            self._exposed.update((feed, e.guid) for e in fresh)
        for e in fresh:
            self._write("exposed.jsonl", feed=feed, id=e.id, guid=base + e.guid)

    def received(self, sink: str, status: int, body: str, late: bool = False) -> None:
        """A receiver got this, and is about to answer so."""
        self._write("received.jsonl", sink=sink, status=status, late=late, body=body)

    def _write(self, name: str, **row: Any) -> None:
        line = json.dumps({"at": round(time.time(), 3), **row}, ensure_ascii=False) + "\n"
        with self._lock, (self.folder / name).open("a", encoding="utf-8") as out:
            out.write(line)


class World:
    """Runs while open. `port` 0 takes a free one; `address` says which it became."""

    def __init__(self, settings: Settings, log: Path, port: int = 0) -> None:
        log.mkdir(parents=True, exist_ok=True)
        self.settings, self.log = settings, Log(log)
        self.told = plan(settings)
        self.began = time.time()
        self._web, self._mail = self._front(port)
        self.port: int = self._web.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.urls = {
            name: f"http://127.0.2.{n}:{self.port}/feed/{name}"
            for n, name in enumerate(self.told, 1)
        }
        hosts = [(f"127.0.2.{n}", self.port) for n in range(1, len(self.told) + 1)]
        self._servers = [self._web, self._mail, *(_Web(host, _web(self)) for host in hosts)]

    def _front(self, port: int) -> tuple[_Web, _Mail]:
        """The web server, and the mail server on the port after it."""
        while True:
            web = _Web(("127.0.0.1", port), _web(self))
            try:
                return web, _Mail(("127.0.0.1", web.server_address[1] + 1), _mailbox(self))
            except OSError:
                web.server_close()
                if port:
                    raise

    def shown(self, feed: str) -> list[Entry]:
        """What the feed has now, the newest first."""
        age = time.time() - self.began
        out = [entry for entry in self.told[feed] if entry.at <= age]
        return out[-self.settings.window :][::-1]

    def document(self, feed: str, entries: list[Entry]) -> bytes:
        """The feed as RSS."""
        began = datetime.fromtimestamp(self.began, UTC)
        items = [
            {
                "title": entry.title,
                "text": f"<p>{escape(entry.text)}</p>",
                "link": self.address + entry.guid,
                "guid": self.address + entry.guid,
                "date": began + timedelta(seconds=entry.at),
            }
            for entry in entries
        ]
        return rss(items, title=feed, lang=feed.partition("-")[0])

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        pass  # clients that die in the middle of a word are what this world is for


class _Mail(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        pass


def _web(world: World) -> type[BaseHTTPRequestHandler]:
    settings = world.settings

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _answer(
            self, status: int, body: bytes = b"ok", kind: str = "text/html", **more: Any
        ) -> None:
            self.send_response(status)
            headers = {"Content-Type": kind, "Content-Length": len(body), **more}
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), str(value))
            self.end_headers()
            self.wfile.write(b"" if status == 304 else body)

        def do_GET(self) -> None:
            kind, _, name = self.path[1:].partition("/")
            if kind == "feeds.json":
                rows = [
                    {"name": name, "url": url, "lang": name.partition("-")[0]}
                    for name, url in world.urls.items()
                ]
                self._answer(200, json.dumps(rows).encode(), "application/json")
            elif kind == "page":
                self._page(name)
            elif kind == "feed" and name in world.told:
                self._feed(name)
            else:
                self._answer(404)

        def _page(self, number: str) -> None:
            everything = itertools.chain.from_iterable(world.told.values())
            entry = next((e for e in everything if e.id == number), None)
            if entry is None:
                return self._answer(404)
            body = f"<h1>{escape(entry.title)}</h1><p>{escape(entry.text)}</p>"
            return self._answer(200, body.encode(), "text/html; charset=utf-8")

        def _feed(self, name: str) -> None:
            luck = random.random() if settings.faults else 1.0
            if luck < 0.03:
                return self._answer(500)
            if luck < 0.05:
                return self._answer(429, Retry_After=2)
            if luck < 0.06:
                return self._answer(200, b"<!doctype html><title>One moment</title>")
            entries = world.shown(name)
            body = world.document(name, entries)
            tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            if self.headers.get("If-None-Match") == tag:
                return self._answer(304, ETag=tag)
            headers = {"ETag": tag}
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                body, headers["Content_Encoding"] = gzip.compress(body), "gzip"
            if luck < 0.08:
                self.close_connection = True
                half = body[: len(body) // 2]
                return self._answer(200, half, "application/rss+xml",
                                    **{**headers, "Content_Length": len(body)})  # fmt: skip
            if luck < 0.09:
                time.sleep(settings.slow)
            self._answer(200, body, "application/rss+xml", **headers)
            return world.log.exposed(name, entries, world.address)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            luck = random.random() if settings.sink_faults else 1.0
            status = 500 if luck < 0.15 else 429 if luck < 0.2 else 200
            late = 0.2 <= luck < 0.25
            world.log.received(self.path, status, body.decode(), late)
            if late:
                time.sleep(settings.late)
            more: dict[str, Any] = {"Retry_After": 1} if status == 429 else {}
            self._answer(status, **more)

    return Handler


def _mailbox(world: World) -> type[socketserver.StreamRequestHandler]:
    replies = {"EHLO": "250 world", "DATA": "354 go on", "QUIT": "221 bye"}

    class Handler(socketserver.StreamRequestHandler):
        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self._say("220 world")
            recipient = ""
            while line := self.rfile.readline().decode().strip():
                verb = line[:4].upper()
                self._say(replies.get(verb, "250 ok"))
                if verb == "RCPT":
                    recipient = line.partition("<")[2].partition(">")[0]
                hung_up = verb == "DATA" and not self._take(recipient)
                if hung_up or verb == "QUIT":
                    return

        def _take(self, recipient: str) -> bool:
            """The mail itself. False when the sender hung up in the middle of it."""
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                if not line:
                    return False
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            refused = world.settings.sink_faults and random.random() < 0.15
            status = 451 if refused else 250
            world.log.received(f"mail:{recipient}", status, b"".join(lines).decode())
            self._say(f"{status} {'not now' if refused else 'ok'}")
            return True

    return Handler


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak.world",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example:\n  python -m tests.soak.world --port 8700 --faults --log world-log",
    )
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--log", type=Path, default=Path("world-log"))
    defaults = Settings()
    names = [each.name for each in fields(Settings)]
    for name in names:
        value, option = getattr(defaults, name), "--" + name.replace("_", "-")
        if isinstance(value, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(value), default=value)
    told = vars(parser.parse_args())
    settings = Settings(**{name: told[name] for name in names})
    with World(settings, told["log"], told["port"]) as world:
        print(f"{len(world.urls)} feeds; {world.address}/feeds.json, mail on {world.port + 1}")
        threading.Event().wait()


if __name__ == "__main__":
    main()
