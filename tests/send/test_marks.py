"""By its mark an address is known wherever it stands in the config, and whatever its password."""

from __future__ import annotations

import pytest

from tests.send.conftest import SLACK
from watchd.send import endpoints

SALT = bytes(32)
CHAT = "tgram://123456789:abcdefg_hijklmnop"


def marks(*urls: str, receiver: str = "desk", salt: bytes = SALT) -> list[str]:
    return [endpoint.mark for endpoint in endpoints(receiver, urls, salt)]


@pytest.mark.parametrize(
    "urls",
    [
        (SLACK, SLACK[:-1] + "R"),
        (f"{SLACK}/#intel/#ops",),
        (f"{CHAT}/1111/2222",),
        ("json://a.example/x", "json://a.example/y", "jsons://a.example/x"),
        ("json://a.example/x?-desk=1", "json://a.example/x?-desk=2"),
        ("mailto://u:p@mail.example.org?to=anna@example.org,bob@example.org",),
        ("ntfy://ntfy.example.org/one/two", "ntfy://other.example.org/one"),
    ],
)
def test_addresses_that_differ_have_marks_that_differ(urls: tuple[str, ...]) -> None:
    found = marks(*urls)
    assert len(set(found)) == len(found) > 1
    assert set(found) == set(marks(*reversed(urls), receiver="night"))
    assert set(found).isdisjoint(marks(*urls, salt=b"another"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{SLACK}/#intel/#ops", f"{SLACK}/#alpha/#intel/#ops"),
        (f"{CHAT}/1111/2222", f"{CHAT}/0000/1111/2222"),
        ("ntfy://ntfy.example.org/one/two", "ntfy://ntfy.example.org/two/three/one"),
        (
            "mailto://u:p@mail.example.org?to=anna@example.org",
            "mailto://u:p@mail.example.org?to=bob@example.org,anna@example.org",
        ),
        ("json://anna:one@a.example/x", "json://anna:two@a.example/x"),
        ("mailto://u:p@mail.example.org?to=a@b.org", "mailto://u:q@mail.example.org?to=a@b.org"),
        ("matrix://anna:one@a.example/#room", "matrix://anna:two@a.example/#room"),
    ],
)
def test_a_mark_stays_with_other_targets_beside_it_and_another_password(
    before: str, after: str
) -> None:
    assert set(marks(before)) <= set(marks(after))


def test_without_a_salt_there_is_no_mark() -> None:
    assert marks(SLACK, salt=b"") == [""]
