"""Feeds whose every item is a signal, and now and then an edit that is one more: news that comes
as fast as it is asked to, for counting alerts and for the order of those of one story.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.support.site import rss

RULE = """\
title    = "The light in the harbour"
severity = "high"
status   = "stable"
why      = "Everything here is a signal."

query = '''
"harbour light" OR "second bell"
'''

[[test]]
name   = "in passing"
expect = "match"
text   = "The harbour light is lit."
"""

# No two items say nearly the same: each has a dozen of these words, by chance.
_WORDS = (
    "anchor apple barrel beam bell boat bread bridge broom button candle canvas cart chalk clock "
    "cloth copper cork crane cup door drum engine fence flag flour garden gate glass hammer hat "
    "hill hook horse ice iron jar kettle key ladder lamp lantern letter map mast mill mirror nail "
    "net oar oven paper pear pipe plank plum pump rail ribbon roof rope sail salt saw shed sheet "
    "shelf ship shoe soap spoon stair stamp stone straw sugar table tar tea tower train tree wall"
).split()
FEEDS = 5
_EDITED = 10  # each tenth item is edited,
_LATER = 8.0  # so many seconds after it came out
_WINDOW = 150  # items shown of a feed


@dataclass(frozen=True, slots=True)
class Plan:
    """`total` alerts over `span` seconds, the edits among them."""

    total: int
    span: float

    @property
    def items(self) -> int:
        """So many that with the edits of each tenth they are `total`."""
        return self.total * _EDITED // (_EDITED + 1)

    def came(self, number: int) -> float:
        """When an item comes out, in seconds since the start."""
        return number * self.span / self.items


class Newsroom:
    """Serves the feeds while open; each on an address of its own, for it is another host."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.began = plan, 0.0
        first = _Server(("127.0.3.1", 0), _handler(self, 0))
        port = first.server_address[1]
        others = [_Server((f"127.0.3.{n + 1}", port), _handler(self, n)) for n in range(1, FEEDS)]
        self._servers = [first, *others]
        self.urls = [f"http://127.0.3.{n + 1}:{port}/feed" for n in range(FEEDS)]

    def start(self) -> None:
        """Let the news begin; before, there is one old item in each feed."""
        self.began = time.time()

    @property
    def over(self) -> bool:
        """Whether all is out."""
        return bool(self.began) and time.time() - self.began > self.plan.span + _LATER

    def document(self, feed: int) -> bytes:
        """A feed as RSS, as it is now."""
        age = time.time() - self.began if self.began else -1.0
        out = [n for n in range(feed, self.plan.items, FEEDS) if self.plan.came(n) <= age]
        items = [self._item(n, age) for n in out[-_WINDOW:][::-1]]
        items.append(_entry(f"{feed}-old", "The quay is empty.", self.began))
        return rss(items, title=f"feed {feed}")

    def _item(self, number: int, age: float) -> dict[str, object]:
        came = self.plan.came(number)
        edited = number // FEEDS % _EDITED == 0 and age >= came + _LATER
        words = " ".join(random.Random(number).choices(_WORDS, k=12))
        more = " It rang a second bell." if edited else ""
        text = f"The harbour light is lit ({number}): {words}.{more}"
        return _entry(str(number), text, self.began + came)

    def __enter__(self) -> Self:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
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


def _entry(number: str, text: str, at: float) -> dict[str, object]:
    link = f"http://harbour.example/{number}"
    date = datetime.fromtimestamp(at, UTC).replace(microsecond=0) - timedelta(hours=not at)
    return {"title": f"News {number}", "text": text, "link": link, "guid": link, "date": date}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        pass


def _handler(newsroom: Newsroom, feed: int) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            body = newsroom.document(feed)
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
