"""`watchd feeds import` and `export`: lists of feeds from other readers, and for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder
from tests.support.site import Site
from watchd.cli.feedlists import without_secrets
from watchd.config import load

LIST = """<opml version="2.0"><body>
<outline text="Korea"><outline text="KCNA Watch" xmlUrl="https://kcna.example/feed" language="en"/>
<outline text="KCNA Watch" xmlUrl="https://kcna.example/ko"/></outline>
<outline text="again" xmlUrl="http://kcna.example/feed/"/>
<outline text="&quot;]&#10;[[receiver]]" xmlUrl="https://evil.example/"/>
<outline text="file" xmlUrl="file:///etc/passwd"/>
<outline text="inside" xmlUrl="http://192.168.0.1/feed"/>
<outline text="ours" watchd:settings='{"name": "ours", "private": true, "interval": "2h"}'
  xmlUrl="https://inside.example/"/>
</body></opml>"""


@pytest.fixture
def opml(tmp_path: Path) -> str:
    path = tmp_path / "list.opml"
    path.write_text(LIST)
    return str(path)


def test_a_list_is_imported(desk: DeskFolder, opml: str) -> None:
    desk.feed("old", "https://evil.example")
    before = desk.config.read_bytes()
    shown = desk.watchd("feeds", "import", opml)
    assert (shown.returncode, desk.config.read_bytes()) == (1, before)
    done = desk.watchd("feeds", "import", opml, "--write")
    assert (done.returncode, done.stdout) == (1, "")
    assert "3 feeds added" in done.stderr
    assert desk.config.read_bytes() == before + shown.stdout.encode()
    _, first, second, ours = load(desk.config, environ={}).feeds
    assert (first.name, first.publisher, first.lang) == ("kcna-watch", "KCNA Watch", "en")
    assert first.tags == ("korea",)
    assert second.name not in ("kcna-watch", "old")
    assert (ours.name, ours.private) == ("ours", False)  # a stranger's word
    for words in ("feed 'kcna-watch'", "feed 'old'", "file: ///etc/passwd", "--private"):
        assert words in done.stderr


def test_private_addresses_are_taken_when_asked_for(desk: DeskFolder, opml: str) -> None:
    desk.watchd("feeds", "import", opml, "--write", "--private")
    feeds = {feed.name: feed for feed in load(desk.config, environ={}).feeds}
    assert feeds["inside"].private
    assert feeds["ours"].private
    assert not feeds["kcna-watch"].private


def test_what_is_exported_is_imported_as_it_was(desk: DeskFolder, tmp_path: Path) -> None:
    desk.lines += [
        '[[feed]]\nname = "a"\nurl = "https://a.example/?x=1&y=2"\ninterval = "90m"',
        '[[feed]]\nname = "b"\nurl = "http://127.0.0.1/b"\nprivate = true\ntags = ["x", "y"]',
        '[[feed]]\nname = "c"\nurl = "https://c.example/"\npublisher = "C & <co>"\nlang = "ko"'
        '\ntimezone = "Asia/Seoul"\nencoding = "euc-kr"',
    ]
    desk.write()
    exported = desk.watchd("feeds", "export")
    assert (exported.returncode, exported.stderr) == (0, "")
    (tmp_path / "list.opml").write_text(exported.stdout)
    (tmp_path / "other").mkdir()
    other = DeskFolder(tmp_path / "other")
    done = other.watchd("feeds", "import", str(tmp_path / "list.opml"), "--write", "--private")
    assert done.returncode == 0, done.stderr
    feeds = load(desk.config, environ={}).feeds
    assert load(other.config, environ={}).feeds == feeds
    toml = desk.watchd("feeds", "export", "--toml").stdout
    (tmp_path / "toml.toml").write_text(toml)
    assert load(tmp_path / "toml.toml", environ={}).feeds == feeds


def test_passwords_stay_at_home_unless_asked_for(desk: DeskFolder) -> None:
    desk.feed("a", "https://anna:s3cretword@a.example/feed?token=abcdef&page=1")
    done = desk.watchd("feeds", "export")
    assert "s3cretword" not in done.stdout + done.stderr
    assert 'xmlUrl="https://a.example/feed?page=1"' in done.stdout
    assert "without the passwords or keys of: a" in done.stderr
    whole = desk.watchd("feeds", "export", "--with-passwords")
    assert "anna:s3cretword@a.example/feed?token=abcdef&amp;page=1" in whole.stdout


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/feed", "https://a.example/feed"),
        ("https://a.example/?a=b%20c&d", "https://a.example/?a=b%20c&d"),
        ("https://u@a.example/", "https://a.example/"),
        ("https://a.example/?api_key=1", "https://a.example/"),
        ("https://a.example/?X-Signature=1&a=2", "https://a.example/?a=2"),
    ],
)
def test_what_is_a_secret_in_an_address(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_a_first_look_at_imported_feeds_sends_nothing(
    desk: DeskFolder, site: Site, tmp_path: Path
) -> None:
    site.feed("/rss.xml", [{"title": "alien lands", "link": "https://example.org/1"}])
    desk.rule("lands", '"alien lands"')
    markup = f'<opml><body><outline text="w" xmlUrl="{site.url("/rss.xml")}"/></body></opml>'
    (tmp_path / "l.opml").write_text(markup)
    done = desk.watchd(
        "feeds", "import", str(tmp_path / "l.opml"), "--write", "--private", "--json"
    )
    assert [feed["name"] for feed in json.loads(done.stdout)["feeds"]] == ["127-0-0-1"]
    assert site.requests == []
    desk.once()
    assert [hit.status for hit in desk.hits()] == ["baseline"]


@pytest.mark.parametrize(("text", "said"), [("<html/>", "no OPML"), (None, "cannot be read")])
def test_what_is_no_list(desk: DeskFolder, tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "x").write_text(text)
    done = desk.watchd("feeds", "import", str(tmp_path / "x"))
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
