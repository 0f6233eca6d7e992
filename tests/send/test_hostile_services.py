"""What a hostile feed can do to a reader of each service: nothing.

The real plug-ins send to a server near by (see `services.py`), and the raw bytes are looked at for
what each service would take for a mention, a tag, a link, a picture or a header. An address that
feed text spells out stays readable, and some services make it clickable: it leads where it says.

The slow tests run this module, and `test_hostile.py`, with the oldest Apprise that we allow, and
with the newest that the package index has.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.send.services import SERVICES, Service, lead_here, messages
from tests.support.alerts import EVIL, SEEN, an_alert, evidence, over_time
from tests.support.sinks import Hooks, Inbox
from watchd.model import Alert, Digest, HeldFor, History, Notice, OfRule, Outcome
from watchd.send import deliver, endpoints

ROOT = Path(__file__).parents[2]
PIECES = [
    EVIL,
    "<!channel> <!here|x> <!subteam^S1> <@U1> <#C1> <https://evil.example|bank> <!date^1^x^y|z>",
    "@everyone @here @channel @all @room @anna x@everyone x@room.org <@!9> <@&77> anna@123456.x",
    "[bank](https://evil.example) [bank][r] [r]: https://evil.example ![p](http://evil.example/p.png)",
    '<a href="tg://user?id=1">Kim</a> tg://resolve?domain=spy <b>x</b> &lt;!here&gt; &#60;b&#62;',
    "{{app_body}} {{app_title}} $title ${url} %s %(x)s {0} :smile: \\n \\x41",
    "\r\nX-Actions: view, bank, https://evil.example\r\nBcc: spy@evil.example\n\n.\r\nDATA",
    "=?utf-8?q?=0d=0aBcc:_spy@evil.example?= \u202egpj.exe \u2066x\u2069 zero\u200bwidth \x1b[31m",
    "# Heading > quote\n- list\n```code``` `tick` *b* _i_ ~~s~~ ||spoiler|| </p></blockquote>",
]


def hostile(piece: str) -> Alert:
    """One piece of hostility in every field that a feed, or a careless rule, fills."""
    text = f"{piece} balloon {piece}"
    return an_alert(
        title=piece,
        text=text,
        author=piece,
        lang=piece,
        url=f"https://example.org/{piece[:80]}",
        rule_title=piece,
        why=piece,
        publisher=piece,
        also=(piece, piece),
        difference=piece,
        grade="B2",
        history=History(today=1, month=2, last=SEEN),
        update=True,
        evidence=(
            *evidence("title", piece, piece[: len(piece) // 2]),
            *evidence("body", text, "balloon", piece[: len(piece) // 2]),
        ),
    )


def digest(piece: str) -> Digest:
    alerts = (hostile(piece), hostile(piece))
    rule = OfRule(rule="a/b", title=piece, severity="high", count=9, since=SEEN, alerts=alerts)
    return Digest(
        id=1,
        at=SEEN + timedelta(hours=1),
        rules=(rule,),
        reasons={HeldFor.STORM: 9},
        feeds=2,
        trouble=((piece, "failing"),),
    )


def numbers(piece: str) -> Alert:
    return over_time(hostile(piece), piece)


def notice(piece: str) -> Notice:
    return Notice(at=SEEN, severity="high", title=piece, lines=(piece,), why=piece)


class Markup(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.links, self.attributes = set[str](), list[str](), set[str]()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {f"{tag}.{name}" for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a piece of JSON, with its way there."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from strings(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, path)
    elif isinstance(value, str):
        yield path, value


LIVE = re.compile(
    r"(?<![\w.+-])@\w"  # a mention, of whatever service
    r"|@(?:everyone|here|channel|all|room)\b"
    r"|<[!@#:]|<https?:[^>]*\|"  # Slack's and Discord's notation
    r"|\{\{|\}\}"  # a placeholder of Apprise
    r"|\btg://|javascript:(?=[^)\s]*\">)"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)
LINK = re.compile(r"\[(https:.*?[^\\])\]\(<(.*?)>\)")  # of Markdown, as Apprise writes it
MARKDOWN_LINK = re.compile(r"(?<!\\)\]\(|(?<!\\)\]\[|^\s*\[[^\]]*[^\\]\]:|<https?:", re.MULTILINE)
HTML_TAGS = {
    "p",
    "b",
    "br",
    "blockquote",
    "mark",
    "a",
    "small",
    "ul",
    "li",
    "h1",
    "i",
    "code",
    "pre",
}
# What a request may have beside words.
KEYS = {
    "slack": {"attachments", "channel"},
    "discord": {"tts", "wait", "content", "embeds", "allow_mentions"},
    "telegram": {
        "disable_notification",
        "disable_web_page_preview",
        "parse_mode",
        "text",
        "chat_id",
    },
    "mattermost": {"text", "username"},
    "matrix": {"msgtype", "body", "format", "formatted_body", "username", "mrkdwn", "attachments"},
    "ntfy": {"topic", "title", "message"},
    "json": {"version", "title", "message", "attachments", "type", "watchd"},
}


def _ours(link: re.Match[str]) -> str:
    """The address, if this is the item's own, which says where it leads."""
    words, address = (re.sub(r"\\([^\w\s]|_)", r"\1", part) for part in link.groups())
    assert words == address
    assert address.startswith("https://example.org/")
    return words


def assert_nothing_lives(service: Service, hooks: Hooks, said: str) -> None:
    posts = messages(hooks)
    assert posts, said
    for post in posts:
        extra = {name for name in post.headers if name.startswith("X-")} - {"X-Markdown"}
        assert extra == set(), said
        body = post.json()
        assert set(body) <= KEYS[service.name.partition("-")[0]], said
        if "allow_mentions" in body:
            assert service.name == "discord-ping"
            assert body.pop("allow_mentions") == {"parse": [], "users": ["77"], "roles": []}
            assert body.pop("content") == "👉 <@77>"
        if service.name.startswith("telegram"):
            assert body["parse_mode"] == "HTML", said
        for path, words in strings(body):
            is_html = path == ".formatted_body" or (service.html and path == ".text")
            if is_html:
                markup = Markup(words)
                assert markup.tags <= HTML_TAGS, said
                assert markup.attributes <= {"a.href"}, said
                assert all(link.startswith("https://example.org/") for link in markup.links), said
                words = markup.words
            if service.markdown:
                words = LINK.sub(_ours, words)
                assert MARKDOWN_LINK.findall(words) == [], said
            if path != ".channel":
                assert LIVE.findall(words) == [], (said, path, words)
            if service.name.startswith("slack") and path != ".channel":
                assert not {"<", ">"} & set(words), said


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_nothing_of_a_feeds_text_lives(
    service: Service, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_here(hooks, monkeypatch)
    [endpoint] = endpoints("desk", [service.url(hooks.address)])
    for make in (hostile, numbers, digest, notice):
        for piece in PIECES:
            hooks.received.clear()
            result = deliver(endpoint, make(piece))
            assert result.outcome is Outcome.SENT, result
            assert_nothing_lives(service, hooks, f"{make.__name__} {piece!r}")


@pytest.mark.parametrize("make", [hostile, numbers, digest, notice])
def test_nothing_of_a_feeds_text_lives_in_a_mail(make: Any, inbox: Inbox) -> None:
    [endpoint] = endpoints(
        "desk", [f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org"]
    )
    ours = {"From", "To", "Cc", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted"}
    ours |= {"References", "In-Reply-To", "X-Application", "X-Watchd-Hit", "X-Watchd-Rule"}
    ours |= {"X-Watchd-Level", "Precedence", "MIME-Version", "Content-Type", "Reply-To"}
    for piece in PIECES:
        assert deliver(endpoint, make(piece)).outcome is Outcome.SENT
        mail = inbox.mails[-1]
        assert mail.to == ("anna@example.org",)
        assert set(mail.parsed.keys()) <= ours, piece
        assert len(mail.parsed["Subject"]) <= 100
        for name, value in mail.parsed.items():
            assert "\n" not in value
            assert LIVE.findall(value.replace("@watchd.localhost", "")) == [], (name, value)
        markup = Markup(mail.part("html"))
        assert markup.tags <= {
            *HTML_TAGS,
            "html",
            "head",
            "body",
            "meta",
            "div",
            "span",
            "table",
            "tr",
            "td",
        }
        assert all(link.startswith("https://example.org/") for link in markup.links)
        plain = mail.part("plain")
        for words in (markup.words, plain):
            assert LIVE.findall(words) == [], piece
        assert set(markup.links) <= {line.strip(" -*") for line in plain.splitlines()}
        assert len(mail.raw) < 100_000


@pytest.mark.slow
@pytest.mark.parametrize("version", ["==2.2.0", ">=2.2,<3"], ids=["oldest", "newest"])
def test_nor_with_the_oldest_and_the_newest_apprise(version: str, tmp_path: Path) -> None:
    """Beside the installed one: it is unpacked into a folder, which Python looks into first."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    got = subprocess.run([*pip, str(tmp_path), f"apprise{version}"], capture_output=True, text=True)
    if got.returncode:
        pytest.skip(f"no package index gives apprise{version}: {got.stderr.strip()[-200:]}")
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    asked = "import apprise; print(apprise.__version__, apprise.__file__)"
    told = subprocess.run(
        [sys.executable, "-c", asked], env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert str(tmp_path) in told
    print(f"Apprise {told.split()[0]}")
    tests = ["tests/send/test_hostile.py", "tests/send/test_hostile_services.py"]
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-m",
            "not slow",
            "-p",
            "no:cacheprovider",
            *tests,
        ],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-3000:]
