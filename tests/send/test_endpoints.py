from __future__ import annotations

import pytest

from tests.send.conftest import SLACK
from watchd.errors import WatchdError
from watchd.send import endpoints


def _names(*urls: str) -> list[str]:
    return [endpoint.name for endpoint in endpoints("desk", urls)]


@pytest.mark.parametrize(
    ("url", "names"),
    [
        (SLACK, ["desk/slack"]),
        (f"{SLACK}/#intel", ["desk/slack:#intel"]),
        (
            f"{SLACK}/#intel/#ops/@anna",
            ["desk/slack:#intel", "desk/slack:#ops", "desk/slack:@anna"],
        ),
        ("slack://xoxb-1234567890-1234567890-abcdefghij/intel", ["desk/slack:#intel"]),
        (
            "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
            ["desk/slack"],
        ),
        ("json://127.0.0.1:8700/hook/one", ["desk/json:127.0.0.1:8700"]),
        ("jsons://user:pass@example.org/hook", ["desk/json:example.org"]),
        ("mailto://u:p@mail.example.org?to=anna@example.org", ["desk/mailto:anna@example.org"]),
        (
            "mailtos://u:p@mail.example.org?to=anna@example.org,bob@example.org",
            ["desk/mailto:anna@example.org", "desk/mailto:bob@example.org"],
        ),
        ("mailto://anna:secret@example.org", ["desk/mailto:anna@example.org"]),
        ("ntfy://ntfy.example.org/one/two", ["desk/ntfy", "desk/ntfy-2"]),
        ("tgram://123456789:abcdefg_hijklmnop/1111/2222", ["desk/tgram", "desk/tgram-2"]),
    ],
)
def test_each_channel_and_each_recipient_is_an_endpoint_with_a_safe_name(
    url: str, names: list[str]
) -> None:
    assert _names(url) == names


def test_equal_names_are_told_apart_in_the_order_of_the_config() -> None:
    first, second = "json://127.0.0.1:8700/a", "json://127.0.0.1:8700/b"
    assert _names(first, second) == ["desk/json:127.0.0.1:8700", "desk/json:127.0.0.1:8700-2"]


MAIL = "mailto://anna:Pa55phrase@mail.example.org"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("slak://A/B/C", "unknown service 'slak://'; did you mean 'slack://'?"),
        ("quux://token-of-mine", "unknown service 'quux://'"),
        ("https://example.org/token-of-mine", "write jsons:// in its place"),
        ("http://example.org/token-of-mine", "write json:// in its place"),
        ("token-of-mine", "must begin with a service"),
        ("", "must begin with a service"),
        ("slack://", "slack:// address cannot be read|Token"),
        ("slack://T1JJ3T3L2", "Token"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/token-of-mine!", "Token"),
        ("json://:80:90:::/", "json:// address cannot be read"),
        ("mailto://example.org", "From"),
        (f"{MAIL}?to=bob@example.org,nobody", "one of the recipients is no mail address"),
        (f"{MAIL}?to=bob@example.org&cc=eve@example.org", "cc= and bcc= cannot be sent again"),
        (f"{MAIL}?to=bob@example.org&bcc=eve@example.org", "cc= and bcc= cannot be sent again"),
        (f"{MAIL}?optional=yes", "'optional=yes' would report every failure as success"),
        ("json://example.org/?format=token-of-mine", "Unsupported format"),
        (
            "serwersms://user:password@me/16175551212/12345678901",
            "leads to 2 places; give each an address of its own",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_one_clear_sentence(url: str, words: str) -> None:
    with pytest.raises(WatchdError, match=words) as caught:
        endpoints("desk", [url])
    said = str(caught.value)
    assert said.startswith("receiver 'desk': ")
    assert "\n" not in said
    assert "token-of-mine" not in said
    assert "Pa55phrase" not in said


def test_the_faulty_one_of_several_addresses_is_named() -> None:
    with pytest.raises(WatchdError, match="receiver 'desk', address 2: unknown service"):
        endpoints("desk", ["json://example.org", "quux://x"])


def test_an_endpoint_does_not_show_its_address() -> None:
    [endpoint] = endpoints("desk", [f"{SLACK}/#intel"])
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in repr(endpoint) + str(endpoint)
