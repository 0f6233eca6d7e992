"""What a hostile feed can do to a reader: nothing, on every channel."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.alerts import an_alert, evil_alert
from tests.support.sinks import Hooks, Inbox, Mail
from watchd.model import Alert, Outcome
from watchd.send import deliver, endpoints

LIVE = [
    "<!channel",
    "<@U1",
    "@everyone",
    "@here",
    "<script",
    "{{",
    "}}",
    "</mark><img",
    "<img",
    "](javascript:",
    "\u202e",
    "\u200b",
    "\x1b",
    "\x00",
    "\r\nBcc",
]
# The angle brackets and braces of the hostile address are percent-encoded.
LINK = (
    "https://example.org/%3C!channel%3E?q=%22onmouseover=x&w=%7B%7Bapp_body%7D%7D&u=%40everyone%7Cx"
)


def _send(url: str, alert: Alert) -> None:
    for endpoint in endpoints("desk", [url]):
        result = deliver(endpoint, alert)
        assert result.outcome is Outcome.SENT, result


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _assert_inert(words: str) -> None:
    assert [live for live in LIVE if live in words] == []


def test_nothing_is_live_in_slack(hooks: Hooks, slack_at: Callable[[Hooks], str]) -> None:
    _send(slack_at(hooks), evil_alert())
    [post] = hooks.received
    words = list(_strings(post.json()))
    for word in words:
        _assert_inert(word)
    assert LINK in words
    assert any("‹!channel›" in word for word in words)
    fallback = post.json()["attachments"][0]["fallback"]
    assert not re.search(r"&(?!amp;|lt;|gt;)", fallback)


def test_nothing_is_live_in_a_webhook(hooks: Hooks) -> None:
    _send(f"json://{hooks.address}/hook", evil_alert())
    [post] = hooks.received
    for word in _strings(post.json()):
        _assert_inert(word)
    assert LINK in post.json()["message"].splitlines()


def _the_mail(inbox: Inbox, alert: Alert) -> Mail:
    _send(f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org", alert)
    [mail] = inbox.mails
    return mail


def test_nothing_is_live_in_mail(inbox: Inbox) -> None:
    mail = _the_mail(inbox, evil_alert())
    assert mail.to == ("anna@example.org",)
    assert mail.parsed["Bcc"] is None
    assert mail.parsed.get_all("To") == ["anna@example.org"]
    for value in mail.parsed.values():
        _assert_inert(str(value))
        assert "\n" not in str(value)
    _assert_inert(mail.part("plain"))
    html = mail.part("html")
    _assert_inert(re.sub(r"</?(?:b|mark)\b[^>]*>", "", html))
    tags = {tag.strip("</") for tag in re.findall(r"</?[a-z]+", html)}
    frame = {"html", "head", "meta", "body", "div"}
    assert tags - frame == {"p", "b", "br", "mark", "a"}


@pytest.mark.parametrize("alert", [an_alert(), evil_alert()], ids=["everyday", "hostile"])
def test_every_link_of_the_html_is_in_the_text_of_a_mail(inbox: Inbox, alert: Alert) -> None:
    mail = _the_mail(inbox, alert)
    links = re.findall(r'href="([^"]*)"', mail.part("html").replace("&amp;", "&"))
    assert len(links) == 1
    assert links[0] in [line.strip() for line in mail.part("plain").splitlines()]


def test_a_javascript_address_becomes_no_link(
    hooks: Hooks, inbox: Inbox, slack_at: Callable[[Hooks], str]
) -> None:
    alert = an_alert(url="javascript:alert(document.cookie)")
    _send(slack_at(hooks), alert)
    _send(f"json://{hooks.address}/hook", alert)
    mail = _the_mail(inbox, alert)
    everything = [post.body for post in hooks.received] + [mail.part("plain"), mail.part("html")]
    assert not any("javascript" in each for each in everything)
    assert all("no link" in each for each in everything)


@pytest.mark.parametrize("letter", ["한", "Ж", "😀", "x"])
def test_a_mail_servers_line_length_is_kept_in_every_script(inbox: Inbox, letter: str) -> None:
    mail = _the_mail(inbox, an_alert(title=letter * 400, rule=f"dir/{letter * 100}"))
    assert max(len(line) for line in mail.raw.splitlines()) <= 998
    assert len(mail.parsed["Subject"]) <= 100
    assert mail.parsed["Subject"].startswith("[HIGH] Balloons — ")


def test_a_mail_carries_headers_to_filter_by(inbox: Inbox) -> None:
    mail = _the_mail(inbox, an_alert()).parsed
    assert mail["List-Id"] == "<harbour.balloons.watchd.localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (mail["X-Watchd-Hit"], mail["X-Watchd-Rule"]) == ("12", "harbour/balloons")
    assert mail["References"] == mail["In-Reply-To"]
    assert len(mail.get_all("Message-ID")) == 1


@pytest.mark.parametrize("service", ["mmost", "discord", "form", "xml", "gotify"])
def test_other_services_get_it_inert_with_its_link(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    from apprise.plugins.discord import NotifyDiscord

    monkeypatch.setattr(NotifyDiscord, "notify_url", f"http://{hooks.address}/api")
    urls = {
        "mmost": f"mmost://{hooks.address}/3ccdd113474722377935511fc85d3dd4",
        "discord": f"discord://{'1' * 24}/{'a' * 64}",
        "form": f"form://{hooks.address}/hook",
        "xml": f"xml://{hooks.address}/hook",
        "gotify": f"gotify://{hooks.address}/tokentoken",
    }
    _send(urls[service], an_alert(title="Kim <!channel> @everyone {{app_body}} *b* [a](b)"))
    [post] = hooks.received
    words = post.body
    if service not in ("form", "xml"):
        words = "\n".join(_strings(json.loads(post.body)))
    for live in ("<!channel", "@everyone", "{{", "[a](b)"):
        assert live not in words
    shown = words.replace("%3A", ":").replace("%2F", "/").replace("\\", "")
    assert "https://example.org/balloon" in shown


@pytest.mark.parametrize("room", [2000, 400, 160])
def test_services_with_little_room_get_less_and_always_the_link(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    from apprise.plugins.gotify import NotifyGotify

    monkeypatch.setattr(NotifyGotify, "body_maxlen", room)
    words = "the balloon drifted on and on " * 60
    _send(f"gotify://{hooks.address}/tokentoken", an_alert(text=words))
    sent = hooks.received[0].json()["message"]
    assert len(sent) <= room
    assert "https://example.org/balloon" in sent
