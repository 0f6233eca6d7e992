"""A hostile feed, from its XML to what Slack, a mail server and a webhook received."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from apprise.plugins.slack import NotifySlack

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks, Inbox
from tests.support.site import Site

EVIL = (
    "<!channel> <@U1> @everyone @here <script>alert(1)</script> {{app_body}} {{app_title}} "
    "\u202etxet desrever\u202c </mark></b> [click](javascript:alert(2)) ${PATH} %0d%0aBcc: x@y.z"
)
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
LIVE = ("<!", "<@", "@everyone", "@here", "<script", "{{", "}}", "\u202e", "</mark></b>")


@pytest.fixture
def got(
    desk: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> tuple[Hooks, Inbox]:
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{hooks.address}/services")
    site.feed("/a.xml", [OLD])
    desk.feed("evil", site.url("/a.xml"), publisher=f"Publisher {EVIL}")
    desk.receiver("chat", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#intel")
    desk.receiver("mail", f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org")
    desk.receiver("hook", f"json://{hooks.address}/hook")
    desk.rule("alien-lands", '"alien lands"', why=f"Because {EVIL}")
    desk.once(NOW)
    news = {
        "title": f"alien lands\r\nBcc: evil@example.org\r\n{EVIL}",
        "text": f"{EVIL} in alien lands {EVIL}",
        "link": 'https://x.example/2?a="><script>&b=<!channel>',
        "guid": EVIL,
        "date": EVIL,
    }
    site.feed("/a.xml", [news, OLD])
    assert desk.once(NOW + timedelta(hours=1)).hits == 1
    assert {delivery.state for delivery in desk.deliveries()} == {"sent"}
    return hooks, inbox


def strings(value: object) -> Iterator[str]:
    """Every string of a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from strings(below)


def test_nothing_is_live_in_slack(got: tuple[Hooks, Inbox]) -> None:
    [post] = [post for post in got[0].received if post.path.startswith("/services")]
    words = list(strings(post.json()))
    assert "alien lands" in words
    for live in LIVE:
        assert not [word for word in words if live in word], live
    [attachment] = post.json()["attachments"]
    assert {block["type"] for block in attachment["blocks"]} == {"rich_text"}
    links = re.findall(r'"type": "link", "url": "([^"]*)"', json.dumps(post.json()))
    assert links
    assert all(link.startswith("https://x.example/2") for link in links)


def test_nothing_is_live_in_the_mail(got: tuple[Hooks, Inbox]) -> None:
    [mail] = got[1].mails
    assert mail.parsed["Bcc"] is None
    assert mail.parsed.get_all("To") == ["anna@example.org"]
    for part in (mail.part("plain"), mail.part("html"), str(mail.parsed["Subject"])):
        assert "alien lands" in part
        for live in (*LIVE[1:-1], "<!channel"):
            assert live not in part, live
    html = mail.part("html")
    assert set(re.findall(r'href="([^":]*):', html)) == {"https"}
    assert html.count("<mark") == html.count("</mark>")


def test_nothing_is_live_in_a_webhook(got: tuple[Hooks, Inbox]) -> None:
    [post] = got[0].at("/hook")
    told = post.json()
    for live in LIVE:
        assert live not in told["title"] + told["message"], live
    assert not re.search(r"^Bcc:", told["message"], re.MULTILINE)
    assert "alien lands" in told["message"]
