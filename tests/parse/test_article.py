"""The article out of the page around it, and pages that are none."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from tests.support.pages import STORY, page
from watchd.model import ParsedFeed
from watchd.parse.article import read_article
from watchd.parser import Parser


def read(text: str | bytes, content_type: str = "text/html", url: str = "") -> ParsedFeed:
    body = text.encode() if isinstance(text, str) else text
    return read_article(body, url=url or "https://x.example/1", content_type=content_type)


def article(text: str | bytes, content_type: str = "text/html") -> str:
    parsed = read(text, content_type)
    assert parsed.status == "ok", parsed.problems
    return parsed.items[0].article


def test_paragraphs_without_menu_sidebar_and_footer() -> None:
    assert article(page()).split("\n\n") == ["A road in the hills", *STORY]


SIDE = "".join(f"<li><a href='/{n}'>Grey balloon {n}, say police</a></li>" for n in range(9))
LAYOUTS = {
    "divs": '<div id="nav"><ul>{side}</ul></div><div class="wrap"><div class="content">{divs}'
    '</div></div><div class="related"><ul>{side}</ul></div>',
    "table": "<table><tr><td><ul>{side}</ul></td><td><font size=2>{breaks}</font></td></tr>"
    "</table>",
    "kcna": '<div class="content"><div class="article-main"><div class="content-wrapper">{ps}'
    '</div></div></div><aside class="side"><ul>{side}</ul></aside>',
    "comments": '<article>{ps}</article><div id="comments"><p>A grey balloon, I say.</p></div>',
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_whatever_the_page_is_made_of(layout: str) -> None:
    body = layout.format(
        side=SIDE,
        divs="".join(f"<div>{text}</div>" for text in STORY),
        breaks="<br><br>".join(STORY),
        ps="".join(f"<p>{text}</p>" for text in STORY),
    )
    found = article(f"<html><head><title>Road</title></head><body>{body}</body></html>")
    assert found.split("\n\n") == list(STORY)


def test_a_list_stays_one_and_names_in_nobr_stay_words() -> None:
    body = (
        f"<p>{STORY[0]}</p><ul><li>The first point of it</li><li>The second point of it</li></ul>"
        f"<p>Comrade<nobr><b>Kim Jong Un</b></nobr>sent a message. {STORY[1]}</p>"
    )
    found = article(page(body=body))
    assert "\n\n• The first point of it\n• The second point of it\n\n" in found
    assert "Comrade Kim Jong Un sent a message." in found


@pytest.mark.parametrize(
    ("encoding", "meta", "header"),
    [
        ("euc-kr", '<meta charset="euc-kr">', "text/html"),
        ("euc-kr", "", "text/html; charset=EUC-KR"),
        ("utf-8", "", ""),
        ("utf-16", "", "text/html"),
    ],
)
def test_in_whatever_encoding(encoding: str, meta: str, header: str) -> None:
    text = "조선중앙통신은 병사들이 이국땅에서 싸웠다고 월요일에 보도하였다. " * 5
    body = f"<html><head>{meta}<title>제목</title></head><body><article><p>{text}</p></article>"
    assert article(body.encode(encoding), header) == text.strip()


WORDS = "".join(f"<p>{text}</p>" for text in STORY)
NONE = {
    "a soft 404": (page(title="404 - Page not found", paragraphs=STORY), "not there"),
    "in Russian": (page(title="Страница не найдена"), "not there"),
    "a bot wall": (page(["One moment."], title="Just a moment..."), "bot wall"),
    "a wall that talks": (
        page(["Pardon our interruption. " + "As you were browsing, something made us think. " * 6]),
        "bot wall",
    ),
    "consent": (
        page(["Before you continue to the site, " + "we and our 812 partners use cookies. " * 9]),
        "consent",
    ),
    "too short": (page(["Only a line of it."]), "no text"),
    "nothing": ("", "no text"),
    "only a menu": (page([]), "no text"),
    "binary": (b"%PDF-1.7 \x00\xff\xfe" * 50, "no text"),
}


@pytest.mark.parametrize(("text", "why"), NONE.values(), ids=NONE)
def test_what_is_no_article_says_why(text: str | bytes, why: str) -> None:
    parsed = read(text)
    assert parsed.status == "error"
    assert parsed.items == ()
    assert why in parsed.problems[0]


def test_only_web_pages_are_read() -> None:
    assert read(page(), "application/pdf").problems == ("application/pdf, not a web page",)
    assert read(page(), "application/xhtml+xml").status == "ok"
    assert "consent" in read(page(), url="https://consent.site.example/?continue=1").problems[0]


def test_an_article_may_speak_of_captchas() -> None:
    said = "The captcha is dead, and nobody will miss it."
    assert said in article(page([said, *STORY, *(text.lower() for text in STORY)]))


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 20_000 + "deep",
        "<p>" + "a <b>word</b> " * 60_000,
        "<table>" * 3_000,
        "<!--" * 50_000,
        "<li>" * 50_000 + "<a href=x>" * 20_000,
        "&#xD800; \x00 &bogus; " * 10_000,
    ],
    ids=["deep", "long", "tables", "comments", "lists", "controls"],
)
def test_no_page_holds_up_the_parser(body: str) -> None:
    async def run() -> tuple[ParsedFeed, ParsedFeed]:
        async with Parser(deadline=timedelta(seconds=2)) as parser:
            page_ = f"<html><body><article>{body}".encode()
            hostile = await parser.parse(page_, content_type="text/html", what="article")
            plain = await parser.parse(page().encode(), content_type="text/html", what="article")
            return hostile, plain

    began = time.monotonic()
    hostile, plain = asyncio.run(run())
    assert time.monotonic() - began < 12
    assert hostile.status in ("ok", "error")
    assert plain.status == "ok"
