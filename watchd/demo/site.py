"""The site the demo watches: real feeds over real HTTP, from 127.0.0.1 and for us alone."""

from __future__ import annotations

import email.utils
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from xml.sax.saxutils import escape

from watchd.demo.news import FEEDS, Story


class DemoSite:
    """Serves FEEDS while open. A feed's later stories come out one a visit after the first."""

    def __init__(self) -> None:
        self._visits: Counter[str] = Counter()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                site._answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def later(self) -> int:
        """How many stories will come out after the first visits."""
        return sum(story.later for _, stories in FEEDS.values() for story in stories)

    def url(self, name: str) -> str:
        """The address of a feed."""
        return f"http://127.0.0.1:{self._server.server_port}/{name}.xml"

    def __enter__(self) -> DemoSite:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.strip("/").removesuffix(".xml")
        found = FEEDS.get(name)
        if found is None:
            request.send_error(404)
            return
        lang, stories = found
        shown = [story for story in stories if not story.later]
        shown += [story for story in stories if story.later][: self._visits[name]]
        self._visits[name] += 1
        body = _rss(name, lang, shown).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


def _rss(name: str, lang: str, stories: list[Story]) -> str:
    items = "".join(
        f"<item><title>{escape(story.title)}</title><description>{escape(story.text)}</description>"
        f"<link>https://example.org/{name}/{number}</link><guid>{name}-{number}</guid>"
        f"<pubDate>{email.utils.formatdate(time.time() - 60, usegmt=True)}</pubDate></item>"
        for number, story in enumerate(stories, 1)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{name}</title>'
        f"<link>https://example.org/{name}</link><description>A feed of the demo</description>"
        f"<language>{lang}</language>{items}</channel></rss>"
    )
