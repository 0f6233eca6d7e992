"""A receiver's own form: what a user may write, what it becomes, and what no feed can do in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.alerts import EVIL, an_alert, evidence, evil_alert
from tests.support.desk import DeskFolder
from tests.support.sinks import Answer, Hooks, Inbox
from watchd.config import load
from watchd.desk import receivers_of
from watchd.errors import ConfigError
from watchd.model import Outcome
from watchd.render import templates
from watchd.render.dresses import dresses
from watchd.render.message import compose
from watchd.send import deliver

DOCS = (Path(__file__).parents[2] / "docs/messages.md").read_text(encoding="utf-8")
HTML = re.findall(r"^```html\n([\s\S]*?)^```", DOCS, re.MULTILINE)[0]
SLACK = re.findall(r"^```json\n([\s\S]*?)^```", DOCS, re.MULTILINE)[0]
EVERYTHING = " ".join(f"${name}" for name in templates.PLACEHOLDERS)


def test_every_placeholder_and_file_is_described_and_every_described_one_exists() -> None:
    table = DOCS.partition("## Templates")[2]
    assert re.findall(r"^\| `\$(\w+)` \|", table, re.MULTILINE) == list(templates.PLACEHOLDERS)
    assert set(re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)) == set(templates.FILES)


def test_the_described_examples_have_no_mistake() -> None:
    assert templates.problems("message.html", HTML, "message.html") == []
    assert templates.problems("slack.json", SLACK, "slack.json") == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("line.txt", "$LEVEL\n  $headlin", "line.txt:2:3: there is no placeholder $headlin"),
        ("line.txt", "only $ 5", "line.txt:1:6: a $ begins a placeholder"),
        ("card.html", '<a class="$source">$url</a>', "card.html:1:11: $source cannot stand within"),
        ("card.html", "<a href=$url>$url</a>", "card.html:1:9: $url within a tag can only be"),
        ("card.html", '<a x="$url">$url</a>', "card.html:1:7: $url within a tag can only be"),
        ("card.html", '<a href="x$url">$url</a>', "card.html:1:11: $url within a tag can only"),
        ("card.html", "<p id=$hit>$url</p>", "card.html:1:7: $hit must stand in quotes"),
        ("card.html", '<p title="a>b" x="$why">$url', "card.html:1:19: $why cannot stand within"),
        ("card.html", "<script>x='$headline'</script>$url", "card.html:1:12: $headline cannot"),
        ("card.html", "<!-- $why --> $url", "card.html:1:6: $why cannot stand in a script"),
        ("card.html", '<a href="$url">read</a>', "card.html:1:1: the link must stand among"),
        ("slack.json", '{"blocks": [\n}', "slack.json:2:1: this is not JSON"),
        ("slack.json", '["$url"]', "slack.json:1:1: a Slack message is an object with a list"),
        ("slack.json", '{"blocks": [], "thumb_url": "x$url"}', "slack.json:1:30: of the placehol"),
    ],
)
def test_mistakes_are_told_with_their_place(name: str, text: str, said: str) -> None:
    [problem] = templates.problems(name, text, name)
    assert f"{problem.where}: {problem.message}".startswith(said)


def test_the_nearest_placeholder_is_named() -> None:
    [problem] = templates.problems("line.txt", "${headlin}", "line.txt")
    assert problem.hint == "did you mean '$headline'?"


def test_level_and_address_can_stand_in_tags() -> None:
    text = """<p class='$level' style="color:$color"><a class=x href="$url">$link</a> 3 < 4 $why"""
    assert templates.problems("card.html", text, "card.html") == []


@pytest.mark.parametrize("text", ["$$5 $LEVEL", "${LEVEL}s $url"])
def test_a_plain_dollar_is_written_twice(text: str) -> None:
    assert templates.problems("line.txt", text, "line.txt") == []


def test_values_are_escaped_for_html_and_marked() -> None:
    alert = an_alert(publisher="A & B", also=('"C"',))
    html = templates.filled_html(f'{EVERYTHING} <a href="$url">', compose(alert))
    assert "A &amp; B" in html
    assert "&quot;C&quot;" in html
    assert re.search(r"<b><mark [^>]*>balloon drifted</mark></b>", html)
    assert '<a href="https://example.org/balloon?a=1&amp;b=2">' in html


def test_values_are_escaped_for_json_and_for_slacks_markup() -> None:
    block = '{"type": "section", "text": {"type": "KIND", "text": "$source"}}'
    for kind, shown in (("mrkdwn", 'A &amp; "B" \\'), ("plain_text", 'A & "B" \\')):
        text = f'{{"blocks": [{block.replace("KIND", kind)}]}}'
        filled = templates.filled_slack(text, compose(an_alert(publisher='A & "B" \\')))
        assert filled["blocks"][0]["text"]["text"].startswith(shown)


def test_what_would_be_empty_or_no_link_is_left_out_of_slack() -> None:
    nodes = [
        {"type": "text", "text": "$also"},
        {"type": "text", "text": "$LEVEL"},
        {"type": "link", "url": "$url", "text": "$url"},
    ]
    row = {"type": "rich_text_section", "elements": nodes}
    empty = {"type": "section", "text": {"type": "plain_text", "text": "$difference"}}
    text = json.dumps({"blocks": [{"type": "rich_text", "elements": [row]}, empty]})
    filled = templates.filled_slack(text, compose(an_alert(url="javascript:x")))
    [block] = filled["blocks"]
    assert block["elements"][0]["elements"] == [
        {"type": "text", "text": "HIGH"},
        {"type": "text", "text": "no link"},
    ]


SPECIAL = an_alert(
    update=True, kept="Delayed 2 h.", aside="Silence 3 kept back 12 hits.", silenced=12
)


@pytest.mark.parametrize("frame", ["{}", "<html><body class='x'>{}\n</body></html>\n"])
def test_what_is_special_is_said_in_a_form_without_a_place_for_it(frame: str) -> None:
    note = "<p><b>Delayed 2 h. UPDATE: this item was edited after it was published.</b></p>\n"
    aside = "\n<p><small>Silence 3 kept back 12 hits.</small></p>"
    form = frame.format("<p>$rule_title</p>")
    shown = templates.filled_html(form, compose(SPECIAL))
    assert shown == frame.format(f"{note}<p>Balloons</p>{aside}")
    assert templates.filled_html(form, compose(an_alert())) == frame.format("<p>Balloons</p>")


def test_what_a_form_has_a_place_for_is_not_said_twice() -> None:
    shown = templates.filled_html("<p>$note $footer</p>", compose(SPECIAL))
    assert shown.count("Delayed 2 h.") == shown.count("Silence 3 kept back") == 1


def test_what_is_special_is_said_in_a_line_and_in_slack_too() -> None:
    message = compose(SPECIAL)
    marks = "Delayed 2 h, UPDATE, silences kept back 12 hits"
    assert templates.filled_line("$LEVEL $headline", message, 280).startswith(f"{marks} · HIGH")
    assert templates.filled_line("$LEVEL ($note)", message, 280) == f"HIGH ({marks})"
    trial = compose(an_alert(sample=True))
    assert templates.filled_line("$LEVEL $url", trial, 280).startswith("TEST · HIGH http")
    filled = templates.filled_slack(json.dumps({"blocks": [{"type": "divider"}]}), message)
    first, _, last = filled["blocks"]
    assert first["text"]["text"] == message.note
    assert last["text"]["text"] == "Silence 3 kept back 12 hits."


@pytest.mark.parametrize("limit", [280, 120])
def test_a_line_is_cut_at_its_headline_and_keeps_its_link(limit: int) -> None:
    message = compose(an_alert(title="long words " * 60))
    line = templates.filled_line("$LEVEL $headline $url", message, limit)
    assert len(line) <= limit
    assert line.endswith("… https://example.org/balloon?a=1&b=2")
    assert templates.filled_line(EVERYTHING, message, 100) == ""


@pytest.fixture
def own(desk: DeskFolder) -> Callable[..., DeskFolder]:
    """A desk with one receiver and these templates."""

    def make(address: str, **files: str) -> DeskFolder:
        desk.receiver("desk", address)
        folder = desk.path / "templates/desk"
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
        config = desk.config.read_text(encoding="utf-8")
        config = config.replace("[[receiver]]\n", '[[receiver]]\ntemplates = "templates/desk"\n')
        desk.config.write_text(config, encoding="utf-8")
        return desk

    return make


def _send(desk: DeskFolder, alert=None) -> None:
    [endpoint] = receivers_of(load(desk.config, environ={}))["desk"].endpoints
    result = deliver(endpoint, alert or an_alert())
    assert result.outcome is Outcome.SENT, result


def test_a_mail_has_the_receivers_own_form(own: Callable[..., DeskFolder], inbox: Inbox) -> None:
    url = f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org"
    _send(own(url, message_html=HTML))
    [mail] = inbox.mails
    assert "<b>HIGH</b> Balloons: <a href=" in mail.part("html")
    assert "https://example.org/balloon?a=1&b=2" in mail.part("plain").splitlines()
    assert mail.parsed["List-Id"]


def test_other_services_have_it_too_in_the_size_they_take(
    own: Callable[..., DeskFolder], hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.gotify import NotifyGotify

    files = {
        "message_html": "<p>whole $snippets $url</p>",
        "card_html": "<p>card $snippets $why $url</p>",
        "line_txt": "line $headline $url",
    }
    desk = own(f"gotify://{hooks.address}/tokentoken", **files)
    rain = "It rained. " * 40
    words = f"{rain}The balloon drifted. {rain}A second one came. {rain}"
    alert = an_alert(text=words, evidence=evidence("body", words, "balloon drifted", "second one"))
    for room, first in ((9000, "whole"), (450, "card"), (110, "line")):
        monkeypatch.setattr(NotifyGotify, "body_maxlen", room)
        _send(desk, alert)
        sent = hooks.received[-1].json()["message"]
        assert sent.startswith(first)
        assert "https://example.org/balloon" in sent
        assert len(sent) <= room


def test_slack_has_it_and_watchds_own_where_slack_refuses_it(
    own: Callable[..., DeskFolder], hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{hooks.address}/services")
    desk = own("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", slack_json=SLACK)
    _send(desk)
    [attachment] = hooks.received[0].json()["attachments"]
    assert attachment["blocks"][0]["text"]["text"] == "HIGH Balloons"
    assert attachment["color"] == "#e0661f"
    hooks.answer(Answer(status=400, body="invalid_blocks"))
    _send(desk)
    [attachment] = hooks.received[-1].json()["attachments"]
    assert attachment["blocks"][0]["text"]["text"].startswith("[HIGH] Balloons — Grey")


def test_a_hostile_feed_can_do_nothing_in_them() -> None:
    message = compose(evil_alert())
    html = templates.filled_html(f'<a href="$url">{EVERYTHING}</a>', message)
    tags = set(re.findall(r"<(\w+)", html))
    assert tags == {"a", "b", "mark", "blockquote"}
    assert not re.search(r"javascript:[^<]*\">|\{\{", html)
    block = {"type": "section", "text": {"type": "mrkdwn", "text": EVERYTHING}}
    filled = json.dumps(templates.filled_slack(json.dumps({"blocks": [block]}), message))
    assert not re.search(r"[<>]|\{\{|@(?:everyone|here)", filled)
    assert EVIL not in filled


def test_mistakes_in_them_are_mistakes_of_the_config(own: Callable[..., DeskFolder]) -> None:
    desk = own("json://127.0.0.1/x", line_txt="$headlin", lines_txt="", slack_json="{")
    with pytest.raises(ConfigError) as caught:
        load(desk.config, environ={})
    told = "\n".join(f"{one.where}: {one.code} {one.hint}" for one in caught.value.problems)
    assert "desk/line.txt:1:1: C152 did you mean '$headline'?" in told
    assert "desk/lines.txt: C151 did you mean 'line.txt'?" in told
    assert "desk/slack.json:1:2: C153" in told


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_any_is_a_mistake(own: Callable[..., DeskFolder], there: bool) -> None:
    desk = own("json://127.0.0.1/x")
    if not there:
        (desk.path / "templates/desk").rmdir()
    with pytest.raises(ConfigError) as caught:
        load(desk.config, environ={})
    [problem] = caught.value.problems
    assert problem.code == "C151"
    assert problem.line > 1


def test_what_is_changed_holds_when_the_config_is_read_again(
    own: Callable[..., DeskFolder], hooks: Hooks
) -> None:
    desk = own(f"gotify://{hooks.address}/tokentoken", message_html="<p>before $url</p>")
    _send(desk)
    (desk.path / "templates/desk/message.html").write_text("<p>after $url</p>", encoding="utf-8")
    _send(desk)
    first, second = (post.json()["message"].split()[0] for post in hooks.received)
    assert (first, second) == ("before", "after")


PADDING = '<p style="margin:0">' + "&nbsp;" * 15_000 + "</p>"


def test_a_mail_that_programs_would_cut_off_has_watchds_form(
    own: Callable[..., DeskFolder], inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org"
    desk = own(url, message_html=f"<h1>ours</h1>{PADDING}$link")
    _send(desk)
    [mail] = inbox.mails
    assert len(mail.raw) < 100_000
    assert "<b>[HIGH] Balloons</b>" in mail.part("html")
    assert "https://example.org/balloon?a=1&b=2" in mail.part("plain").splitlines()
    said = caplog.text
    assert "delivery.reshaped to=desk/mailto:anna@example.org" in said
    assert "message.html" in said
    (desk.path / "templates/desk/message.html").write_text("<h1>ours</h1>$link", encoding="utf-8")
    _send(desk)
    assert "<h1>ours</h1>" in inbox.mails[-1].part("html")
    assert caplog.text == said


def test_a_preview_is_what_would_be_sent_and_says_what_is_too_long() -> None:
    forms, said = {"message.html": f"{PADDING}$link", "slack.json": SLACK}, list[str]()
    files = dresses(an_alert(), forms, too_long=said.append)
    assert "&nbsp;" not in files["mail.html"]
    assert '"HIGH Balloons"' in files["slack.json"]
    [told] = said
    assert re.match(r"message\.html makes a mail of 1\d\d,\d{3} bytes; with more", told)


def test_what_slack_or_a_small_service_does_not_take_has_watchds_form(
    own: Callable[..., DeskFolder],
    hooks: Hooks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from apprise.plugins.gotify import NotifyGotify
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{hooks.address}/services")
    block = {"type": "section", "text": {"type": "plain_text", "text": "ours " * 500}}
    desk = own(
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        slack_json=json.dumps({"blocks": [block] * 20}),
        card_html=f"{'ours ' * 200} $url",
    )
    _send(desk)
    [attachment] = hooks.received[-1].json()["attachments"]
    assert attachment["fallback"].startswith("[HIGH] Balloons")
    assert "ours" not in json.dumps(attachment)
    assert "slack.json" in caplog.text
    monkeypatch.setattr(NotifyGotify, "body_maxlen", 700)
    config = desk.config.read_text(encoding="utf-8")
    config = re.sub('slack://[^"]*', f"gotify://{hooks.address}/tokentoken", config)
    desk.config.write_text(config, encoding="utf-8")
    rain = "It rained. " * 40
    words = f"{rain}The balloon drifted. {rain}A second one came. {rain}"
    _send(desk, an_alert(text=words, evidence=evidence("body", words, "drifted", "second one")))
    sent = hooks.received[-1].json()["message"]
    assert sent.startswith("[HIGH] Balloons")
    assert "Why: a balloon near the coast" in sent  # a card, and not the line
    assert "card.html" in caplog.text


def test_a_form_that_is_always_too_long_is_warned_of(own: Callable[..., DeskFolder]) -> None:
    block = {"type": "image", "alt_text": "x" * 34_000}
    slack_json = json.dumps({"blocks": [block]})
    desk = own("json://127.0.0.1/x", message_html=f"{PADDING}$link", slack_json=slack_json)
    warned = [one for one in load(desk.config, environ={}).warnings if one.code == "C156"]
    assert [one.where.rpartition("/")[2] for one in warned] == ["message.html", "slack.json"]
    assert all("watchd's own form is sent" in one.message for one in warned)
    assert {one.level for one in warned} == {"warning"}
    for name, text in (("message.html", "<p>$link</p>"), ("slack.json", SLACK)):
        (desk.path / "templates/desk" / name).write_text(text, encoding="utf-8")
    assert not [one for one in load(desk.config, environ={}).warnings if one.code == "C156"]
