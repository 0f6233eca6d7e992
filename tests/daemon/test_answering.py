"""What a running daemon answers to programs on its machine."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.desk import DeskFolder, wait_for
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks
from tests.support.site import Answer, Site
from watchd.config import load
from watchd.config.values import listen
from watchd.errors import ConfigError

ROOT = Path(__file__).parents[2]
OLD = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {"title": "News", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def ask(
    port: int, path: str, method: str = "GET", host: str = "localhost"
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host})
    return connection.getresponse()


def figures(text: str) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in re.findall(r"^(watchd_\S+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    }


def test_pages_and_figures_of_a_daemon_at_work(
    desk: DeskFolder, site: Site, hooks: Hooks, tmp_path: Path
) -> None:
    port = free_port()
    site.feed("/a.xml", [OLD])
    site.answer("/b.xml", Answer(status=500))
    hooks.always(Reply(status=400), path="/closed")
    desk.lines += ["[fetch]", 'min_interval = "1s"', "[serve]", f'listen = "127.0.0.1:{port}"']
    desk.feed("kcna", site.url("/a.xml"), interval="1s")
    desk.feed("shut", site.url("/b.xml"))
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.receiver("closed", f"json://{hooks.address}/closed")
    desk.rule("alien-lands", '"alien lands"')
    with desk.running() as daemon:
        daemon.says("feed.baseline")
        site.feed("/a.xml", [NEWS, OLD])
        daemon.says("delivery.sent")
        daemon.says("delivery.pending")
        wait_for(lambda: ask(port, "/healthz").status == 200)
        assert ask(port, "/healthz").read().startswith(b"ok: last complete cycle ")
        answer = ask(port, "/metrics")
        assert answer.getheader("Content-Type", "").startswith("text/plain; version=")
        text = answer.read().decode()

        # Only for this machine, only to read.
        assert ask(port, "/metrics", host="evil.example").status == 403
        assert ask(port, "/metrics", host=f"127.0.0.1:{port}").status == 200
        assert ask(port, "/metrics", host=f"evil.example:{port}").status == 403
        assert ask(port, "/metrics", method="POST").status == 405
        assert ask(port, "/nothing").status == 404
        assert ask(port, "/metrics", method="HEAD").read() == b""
        for odd in (b"\r\n\r\n", b"x" * 20_000, b"GET / HTTP/1.1\r\n\r\n", b"GET /metrics\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
                raw.sendall(odd)
                assert b"watchd_" not in raw.recv(1000)
    found = figures(text)
    assert found['watchd_items_new_total{feed="kcna"}'] == 2
    assert found['watchd_hits_total{level="high",rule="alien-lands"}'] == 1
    assert found['watchd_feed_errors_total{feed="shut",reason="status"}'] == 1
    assert found['watchd_notifications_total{receiver="desk"}'] == 1
    assert found['watchd_notifications_failed_total{outcome="refused",receiver="closed"}'] == 1
    assert found["watchd_item_to_alert_seconds_count"] == 1
    assert found["watchd_item_to_alert_seconds_sum"] < 20
    assert found['watchd_outbox{state="due"}'] == 1
    assert found['watchd_rules{state="loaded"}'] == 1
    assert found['watchd_feed_last_success_timestamp_seconds{feed="kcna"}'] > 1.7e9
    assert 'watchd_feed_last_success_timestamp_seconds{feed="shut"}' not in found
    assert found["watchd_config_last_reload_successful"] == found["watchd_database_up"] == 1
    for name in (
        "watchd_cycle_age_seconds",
        "watchd_outbox_oldest_seconds",
        "process_open_fds",
    ):
        assert f"\n{name}" in text
    (tmp_path / "metrics.txt").write_text(text)


def test_a_socket_in_place_of_a_port(desk: DeskFolder) -> None:
    path = desk.path / "watchd.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))  # as a daemon leaves it that was killed
    desk.lines += ["[serve]", f'listen = "unix:{path}"']
    desk.write()
    with desk.running() as daemon:
        daemon.says("answer.open")
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(path))
            asking.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            assert b" 200 OK\r\n" in asking.recv(1000)
    assert not path.exists()


@pytest.mark.slow
def test_a_port_that_is_taken_is_no_reason_not_to_watch(desk: DeskFolder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        desk.lines += ["[serve]", f'listen = "127.0.0.1:{other.getsockname()[1]}"']
        desk.write()
        with desk.running() as daemon:
            assert "already in use" in daemon.says("answer.impossible")


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:9753", "10.0.0.1:9753", "[::]:9753", "example.org:80", "127.0.0.1", "127.0.0.1:0",
     ":9753", "9753", "unix:relative", "unix:/" + "x" * 200, "127.0.0.1:99999"],
)  # fmt: skip
def test_only_this_machine_may_be_answered(desk: DeskFolder, address: str) -> None:
    desk.lines += ["[serve]", f'listen = "{address}"']
    desk.write()
    with pytest.raises(ConfigError) as found:
        load(desk.config, environ={})
    assert [one.code for one in found.value.problems] == ["C170"]


@pytest.mark.parametrize("address", ["127.0.0.1:9753", "127.8.9.1:80", "[::1]:9753", "localhost:1"])
def test_any_address_of_this_machine_alone_will_do(address: str) -> None:
    assert listen(address).rpartition(":")[2] == address.rpartition(":")[2]


def test_nothing_of_it_is_loaded_where_nobody_asks() -> None:
    code = (
        "import sys; import watchd.daemon; "
        "print([m for m in sys.modules if m.startswith(('prometheus', 'watchd.listener'))])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ended.stdout == "[]\n"
