"""A page watched as a whole: each look with added lines is one item, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.pages.conftest import Watched
from tests.support.desk import NOW
from watchd.addedlines import MAX_SEEN, Seen, added

HOUR = timedelta(hours=1)
Watch = Callable[..., Watched]


def board(*lines: str) -> str:
    return "<title>Notices</title><nav>Home</nav>" + "".join(f"<p>{line}</p>" for line in lines)


def test_lines_added_to_a_page_are_one_item_and_what_was_there_is_no_news(watch: Watch) -> None:
    page = watch("/board")
    page.shows(board("A launch is planned", "Rice"))
    page.desk.once(NOW)
    assert page.alerts() == []
    page.shows(board("Second launch", "From alien lands", "A launch is planned", "Rice"))
    page.desk.once(NOW + HOUR)
    assert page.texts() == [
        "Home\nA launch is planned\nRice",
        "Second launch\nFrom alien lands",
    ]
    [post] = page.hooks.received
    assert "Notices" in post.json()["title"]
    assert page.site.url("/board") in post.json()["message"]


def test_lines_that_go_move_or_come_back_are_nothing(watch: Watch) -> None:
    page = watch("/board")
    for hour, lines in enumerate((["A launch", "Rice"], ["Rice"], ["Rice", "A launch"], ["Rice"])):
        page.shows(board(*lines))
        page.desk.once(NOW + hour * HOUR)
    assert len(page.texts()) == 1
    assert page.alerts() == []


def test_only_the_named_part_of_a_page_is_watched(watch: Watch) -> None:
    page = watch("/board", 'text = "main"')
    page.shows("<main><p>Old</p></main><p>Advert one</p>")
    page.desk.once(NOW)
    page.shows("<main><p>Old</p></main><p>Advert launch</p>")
    page.desk.once(NOW + HOUR)
    page.shows("<main><p>Old</p><p>New launch</p></main><p>Advert</p>")
    page.desk.once(NOW + 2 * HOUR)
    assert page.texts() == ["Old", "New launch"]
    page.shows("<div><p>Old</p></div>")
    assert page.desk.once(NOW + 3 * HOUR).failed == 1


def test_a_part_that_was_not_watched_before_is_no_news(watch: Watch) -> None:
    page = watch("/board", 'text = "main"')
    page.shows("<main><p>Old</p></main><p>A launch of old</p>")
    page.desk.once(NOW)
    page.desk.lines.remove('text = "main"')
    page.desk.write()
    page.shows("<main><p>Old</p></main><p>A launch of old</p><p>More</p>")
    page.desk.once(NOW + HOUR)
    assert page.texts()[-1] == "A launch of old\nMore"
    assert page.alerts() == []
    page.shows("<main><p>Old</p></main><p>A launch of old</p><p>More</p><p>Next launch</p>")
    page.desk.once(NOW + 2 * HOUR)
    assert len(page.alerts()) == 1


def test_a_clock_on_the_page_falls_silent_and_a_notice_beside_it_does_not(watch: Watch) -> None:
    page = watch("/board")
    for hour in range(8):
        notice = "Notice 7/26: launch" if hour < 6 else "Notice 8/26: launch"
        page.shows(board(f"It is {hour + 9}:00 here", f"{hour + 1}.1.2026", str(hour), notice))
        page.desk.once(NOW + hour * HOUR)
    assert page.texts()[1:] == ["It is 10:00 here", "It is 11:00 here", "Notice 8/26: launch"]


def test_an_address_that_changed_begins_anew(watch: Watch) -> None:
    page = watch("/board")
    page.shows(board("Old"))
    page.desk.once(NOW)
    page.desk.lines = [line.replace("/board", "/other") for line in page.desk.lines]
    page.desk.write()
    page.path = "/other"
    page.shows(board("Another launch"))
    page.desk.once(NOW + HOUR)
    assert page.texts()[-1] == "Home\nAnother launch"
    assert page.alerts() == []


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ("Rice", "Rice\nA launch", "A launch"),
        ("Rice", "  Rice \n\n  A   launch", "A   launch"),
        ("A launch", "A  launch\nＡ launch", ""),
        ("Rice\nA launch", "A launch\nRice", ""),
        ("Rice", "Rice\n12:31\n—\n4", ""),
        ("Rice", "Rice\nMonday, 23 November 2026\n2026.11.23\nMon, 23 Nov 2026 04:00 GMT", ""),
        ("Rice", "Rice\n발사", "발사"),
        ("12 dead in a flood", "15 dead in a flood", "15 dead in a flood"),
        ("Notice 1\nNotice 2", "Notice 2\nNotice 3", "Notice 3"),
        ("", "", ""),
    ],
)
def test_what_counts_as_added(before: str, now: str, new: str) -> None:
    _, seen = added(before, Seen(restless={}), in_a_row=False)
    assert added(now, seen, in_a_row=True)[0] == new


def changes(lines: list[str], *, in_a_row: bool = True) -> list[str]:
    """What was added at each look, the first one left out."""
    seen, found = Seen(restless={}), []
    for line in lines:
        text, seen = added(line, Seen.from_json(seen.as_json()), in_a_row=in_a_row)
        found.append(text)
    return found[1:]


def test_a_counter_is_silent_from_the_third_change_until_it_stands_still() -> None:
    counter = [f"{number} visitors" for number in (1, 2, 3, 4, 5, 5, 6)]
    assert changes(counter) == ["2 visitors", "3 visitors", "", "", "", "6 visitors"]


def test_numbers_that_stood_still_between_two_changes_are_no_counter() -> None:
    toll = [f"{number} dead" for number in range(1, 7)]
    assert changes(toll, in_a_row=False) == toll[1:]


def test_a_list_of_numbered_notices_is_no_counter() -> None:
    lists = ["\n".join(f"Warning {n + k}/26" for k in range(5)) for n in range(1, 9)]
    assert changes(lists) == [f"Warning {n + 4}/26" for n in range(2, 9)]


def test_lines_are_remembered_for_long_but_not_without_end() -> None:
    seen = Seen(restless={})
    many = "\n".join(f"Line {number}" for number in range(MAX_SEEN))
    _, seen = added(f"Stays\n{many}", seen, in_a_row=False)
    for page in ("a", "b", "c"):
        _, seen = added(f"Stays\nOnly {page}", seen, in_a_row=False)
    assert len(seen.lines) <= MAX_SEEN + 2
    assert added("Stays\nOnly a", seen, in_a_row=False)[0] == ""
