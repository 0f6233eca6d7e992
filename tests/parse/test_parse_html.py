"""HTML to the plain text that rules read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchd.parse.html import MAX_TEXT, to_line, to_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>The 9th</p><p>Party<br/>Congress</p>", "The 9th\n\nParty\nCongress"),
        ("<div>one</div>two", "one\n\ntwo"),
        ("one<br><br>two", "one\n\ntwo"),
        ("a<script>b</script><style>c</style><!-- d -->e", "ae"),
        ("<b>un</b>happy <b>K</b>CNA <a>North Korea</a>n", "unhappy KCNA North Korean"),
        ("Comrade<nobr><span>Kim Jong Un</span></nobr>sent", "Comrade Kim Jong Un sent"),
        ("to <nobr><span>Kim Jong Un</span></nobr> on", "to Kim Jong Un on"),
        ("Comrade<b>Kim Jong Un</b>sent", "Comrade Kim Jong Un sent"),
        ("<b>SEOUL.</b>The ship", "SEOUL. The ship"),
        ("<nobr>김정은</nobr>동지께서", "김정은동지께서"),
        ("<a>Russia</a><a>China</a>", "Russia China"),
        ("the 9<sup>th</sup> ship<sup>2</sup>left", "the 9th ship 2 left"),
        ("<ul><li>one<li>two</ul>three", "• one\n• two\n\nthree"),
        ("<ol><li><p>one</p><p>more</p></li><li>two<br>more</li></ol>", "• one more\n• two more"),
        ("<ul><li>one<ul><li>inner</ul><li>two</ul>", "• one\n• inner\n• two"),
        ("<ol><li><a>Ships leave</a>&nbsp;<font>Harbour</font></li></ol>", "• Ships leave Harbour"),
        ("<table><tr><th>Day<th>Ship<tr><td>Monday<td>Ada</table>", "• Day | Ship\n• Monday | Ada"),
        ("<table><tr><td><p>one</p><p>two</p></td><td>x</td></tr></table>", "one\n\ntwo\n\nx"),
        ("<table><tr><td>All of it</td></tr></table>", "All of it"),
        ("Kim&amp;#8217;s &amp;amp; Xi", "Kim’s & Xi"),
        ("&lt;p&gt;Hello&lt;/p&gt;&lt;p&gt;there&lt;/p&gt;", "Hello\n\nthere"),
        ("AT&T, x < y > z, I <3 you", "AT&T, x < y > z, I <3 you"),
        ("<속보> 배가 떠났다", "<속보> 배가 떠났다"),
        ("words <b>and</b> <a href='https://cut.exam", "words and"),
        ("words <a href='https://cut.exam", "words"),
        ("<b>a</b> <c and so on", "a <c and so on"),
        ("one\ntwo\n\nthree", "one two\n\nthree"),
        ("<b>one</b>\ntwo\n\nthree", "one two\n\nthree"),
        ("Ships:\n- Ada\n- Bo\nThat is all", "Ships:\n• Ada\n• Bo\n\nThat is all"),
        ("it\x92s\x00 here\ud800", "it’s here"),
        ("zero\u200bwidth", "zero\u200bwidth"),
        ("a\xa0b\u3000c", "a b c"),
        ("<div>" * 50_000 + "deep", "deep"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert to_text(markup) == text


def test_a_title_is_one_line() -> None:
    assert to_line("<ul><li>one</li><li>two</li></ul>\n <b>Kim</b>&nbsp;Jong") == "one two Kim Jong"


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000,
        "<ul><li>" * 50_000,
        "<table><tr><td>" * 20_000,
        "<b>" * 100_000,
        "<a " * 100_000,
        "<!--" * 50_000,
        "<" * 300_000,
        "&" * 300_000,
        "&lt;b&gt;" * 50_000,
        "<table>" + "<tr><td>a<td>b" * 10_000,
        "word " * 500_000,
    ],
    ids=lambda markup: markup[:16],
)
def test_hostile_markup_takes_no_more_than_its_share(markup: str) -> None:
    started = time.process_time()
    text = to_text(markup)
    assert time.process_time() - started < 3
    assert len(text) <= MAX_TEXT


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["<p>", "</p>", "<li>", "</li>", "<ul>", "</ul>", "<tr>", "<td>", "</tr>", "<table>",
             "</table>", "<b>", "</b>", "<nobr>", "</nobr>", "<a>", "</a>", "<br>", "<sup>", "1",
             "ship", "Ada", " ", "\n", "배", "&amp;", "<", "</sup>", "<script>", "<svg>"]
        ),
        max_size=25,
    )
)  # fmt: skip
def test_text_keeps_its_shape_whatever_the_tags(parts: list[str]) -> None:
    text = to_text("".join(parts))
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert "<p>" not in text
    for line in text.split("\n"):
        assert line == " ".join(line.split())


def test_accents_piled_on_a_letter_are_cut_and_real_ones_are_kept() -> None:
    assert to_text("Việt e\u0301a\u0323\u0306 שָׁלוֹם") == "Việt e\u0301a\u0323\u0306 שָׁלוֹם"
    assert len(to_text("a" + "\u0301\u0327" * 50_000 + " b")) < 50


# --- simple markup, which is read without a tree

words = st.sampled_from(
    ["Kim", "North Korea", "n", " ", "\n", " and ", "로켓", "导弹", "&amp;", "&nbsp;", "&#8217;s",
     "&lt;b&gt;", "Юн.", "x. Y", "1", "&#39;", "CNA", "\u00a0", "& ", "&copy;", "\r\n", "'", "•"]
)  # fmt: skip
names = st.sampled_from(("p", "p", "a", "b", "i", "em", "strong", "span", "div", "blockquote"))
said = st.sampled_from(("", "", ' class="x"', ' href="/?a=1&b"', " title='a > b'", " data-x"))
stray = st.sampled_from(
    ("<br>", "<br />", "<p>", "</b>", "</p>", "<a href='x'>", "<i/>", "<!-- -->")
)
pieces = st.recursive(
    st.one_of(words, words, words, stray),
    lambda inner: st.builds(
        lambda name, attributes, held: f"<{name}{attributes}>{''.join(held)}</{name}>",
        names,
        said,
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=5).map("".join))
def test_simple_markup_reads_as_it_does_through_a_tree(markup: str) -> None:
    read = to_text(f"<p>One</p>{markup}")
    with_tree = to_text(
        f"<p>One</p>{markup}<hr>"
    )  # an element that is not simple, and says nothing
    assert read == with_tree


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>&lt;title&gt; is the tag of a page's name</p>", "is the tag of a page's name"),
        ("<p>&lt;title&gt;News of today&lt;/title&gt; and more</p>", "News of today and more"),
        ("<p>&lt;noscript&gt;seen&lt;/noscript&gt; x</p>", "x"),
        ("<br/>&lt;title&gt;a", "a"),
    ],
)
def test_escaped_tags_within_simple_markup_are_read_as_the_body_of_a_page(
    markup: str, text: str
) -> None:
    assert to_text(markup) == text


def test_the_tidy_text_of_simple_markup_is_what_the_long_way_gives() -> None:
    for markup in (
        "<p>One</p><p>Two <a>three</a>.</p>",
        "<p> One</p>",
        "One <b>two</b> ",
        "<p>A  b",
    ):
        assert to_text(markup) == to_text(f"{markup}<hr>")
