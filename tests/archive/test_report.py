"""`watchd report`: pages that open from disk, let nothing in, and can be read by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.desk import DeskFolder
from tests.support.site import Answer, Site
from watchd.cli.session import now as clock

HOSTILE = '<img src=x onerror="alert(1)">{{ 7*7 }}</style><script>alert(1)</script> rocket'
CHROMIUM = Path("/usr/bin/chromium")

RULES = {
    "rocket": ("rocket OR 로케트 OR ракет* OR 导弹", "Rocket talk", "strong", "Rocket programme"),
    "letters": ("축전 OR послание OR message", "A letter is sent", "moderate", "Alignment"),
    "congress": ("congress OR 당대회", "The congress is named", "weak", "Alignment"),
}
NEWS = {
    "kcna-ko": (
        "ko",
        ["김정은동지께서 로케트발사를 지도하시였다", "푸틴대통령에게 축전을 보내시였다"],
    ),
    "tass-ru": (
        "ru",
        ["Путин направил послание Ким Чен Ыну", "Испытания ракеты завершены успешно"],
    ),
    "wire": ("en", [HOSTILE, "A message from the capital"]),
    "xinhua-zh": ("zh", ["外交部：不清楚导弹发射情况"]),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a desk of four languages, with a feed that is gone and a judgement."""
    desk = DeskFolder(tmp_path_factory.mktemp("desk"))
    for name, (query, title, weight, problem) in RULES.items():
        desk.rule(name, query, why="It was asked for.")
        path = desk.path / f"rules/{name}.toml"
        told = (
            f'\n[indicator]\nproblem = "{problem}"\npoints_to = "more of it"\nweight = "{weight}"\n'
        )
        text = path.read_text("utf-8").replace(f"Rule {name}", title)
        path.write_text(text + told, "utf-8")
    moment = clock().replace(microsecond=0)
    with Site() as site:
        for name, (lang, _) in NEWS.items():
            desk.feed(name, site.url(f"/{name}.xml"), publisher=name.partition("-")[0].upper())
            first = {"title": "Weather", "link": f"https://example.org/{name}"}
            site.feed(f"/{name}.xml", items=[first], lang=lang)
        desk.feed("gone", site.url("/gone.xml"))
        site.answer("/gone.xml", Answer(status=410))
        desk.once(moment - timedelta(days=9))
        for name, (lang, titles) in NEWS.items():
            items = [
                {
                    "title": title, "text": f"{title}. {'Weather as ever. ' * 12}{title}",
                    "link": f"https://example.org/{name}/{number}",
                    "date": moment - timedelta(days=8 - number),
                }
                for number, title in enumerate(titles)
            ]  # fmt: skip
            first = {"title": "Weather", "link": f"https://example.org/{name}"}
            site.feed(f"/{name}.xml", items=[*items, first], lang=lang)
        desk.once(moment - timedelta(hours=1))
    words = ("set", "congress", "seen", "--reason", "two <b>guests</b> say so", "--by", "Kim")
    assert desk.watchd("board", *words).returncode == 0
    out = desk.path / "report"
    for _ in range(2):  # the second time in the place of the first
        done = desk.watchd("report", "--out", str(out))
        assert done.returncode == 0, done.stderr
    assert str(out / "index.html") in done.stderr
    return out


class _Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(report: Path, name: str) -> _Page:
    return _Page((report / name).read_text("utf-8"))


PAGES = ("index.html", "hits.html", "feeds.html")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_comes_in_from_outside(report: Path, name: str) -> None:
    read = page(report, name)
    allowed = {"html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer"}
    allowed |= set("h1 h2 p ul ol li a div span table thead tbody tr th td br".split())
    allowed |= set("svg rect time mark blockquote code".split())
    assert {tag for tag, _ in read.tags} <= allowed
    for _, attributes in read.tags:
        assert not {"src", "style", "onerror", "onclick", "srcset"} & attributes.keys()
    links = [attributes["href"] or "" for tag, attributes in read.tags if tag == "a"]
    inside = [link for link in links if not link.startswith("https://example.org/")]
    assert inside == list(PAGES)
    (policy,) = [a["content"] for _, a in read.tags if a.get("http-equiv")]
    assert policy
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_the_board_says_how_things_stand(report: Path) -> None:
    text = " ".join(page(report, "index.html").text.split())
    assert "2 active · 1 seen" in text
    assert "Set by Kim" in text
    assert "two ‹b›guests‹/b› say so (reckoned: quiet)" in text
    assert "4 of 5 well" in text
    assert "not: gone" in text


def test_hits_are_shown_with_their_words_marked(report: Path) -> None:
    read = page(report, "hits.html")
    html = (report / "hits.html").read_text("utf-8")
    assert '<h2 lang="ko">' in html
    assert "김정은동지께서 <mark>로케트</mark>발사를 지도하시였다" in html
    assert "<mark>послание</mark>" in html
    assert "<mark>导弹</mark>" in html
    assert "{ { 7*7 } }" in read.text  # as text, and nothing else
    assert len(re.findall(r"hit \d+", read.text)) == 7


def test_feeds_are_shown_the_worst_first(report: Path) -> None:
    text = page(report, "feeds.html").text
    assert text.index("gone") < text.index("kcna-ko")
    assert "1 gone · 4 ok" in " ".join(text.split())


def test_a_page_of_somebody_else_stays(desk: DeskFolder, tmp_path: Path) -> None:
    desk.feed("wire", "https://example.org/feed.xml")
    assert "there is no database yet" in desk.watchd("report", "--out", "x").stderr
    from watchd.store import open_store

    open_store(desk.database).close()
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("my own", "utf-8")
    done = desk.watchd("report", "--out", str(tmp_path / "site"))
    assert done.returncode == 1
    assert "no report of ours" in done.stderr
    assert (tmp_path / "site/index.html").read_text("utf-8") == "my own"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    with api.sync_playwright() as playwright:
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-sync",
        ]
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield found
        found.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_browser_has_nothing_to_say_against_it(
    report: Path, browser: Any, name: str, scheme: str, request: pytest.FixtureRequest
) -> None:
    """No message, no request, no violation of the rules of accessibility, no text cut off."""
    axe = pytest.importorskip("axe_core_python.sync_playwright")
    # The rules of axe are a script: it comes in by the browser's tools, past the page's policy.
    context = browser.new_context(
        color_scheme=scheme, bypass_csp=True, viewport={"width": 1280, "height": 900}
    )
    with_policy = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 800})
    said: list[str] = []
    asked: list[str] = []
    for one in (with_policy, context):
        shown = one.new_page()
        shown.on("console", lambda message: said.append(message.text))
        shown.on("pageerror", lambda error: said.append(str(error)))
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto((report / name).as_uri())
        wide = shown.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, "the page itself does not scroll sideways"
    assert said == []
    assert set(asked) == {(report / name).as_uri()}
    found = axe.Axe().run(shown)
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    context.close()
    with_policy.close()
