"""watchd under a real systemd, from the package to the last alert, in a machine that is booted.

    pytest -m slow -n 0 tests/systemd                       on this machine's own systemd
    WATCHD_ROOTS=/srv/roots pytest -m slow -n 2 tests/systemd    on each of these (machine.py)

It takes root and systemd-nspawn; without them it is skipped, and says so. The tests of a machine
are one story, in this order: each leaves the service at work for the next.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import time
import tomllib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import rss
from tests.systemd.guide import commands, steps
from tests.systemd.machine import PROJECT, Machine, booted, build, python_of, roots, why_not
from tests.test_docs import VERBS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

SECRET = "T0psecretPath"
CONFIG = """\
database = "/var/lib/{folder}/watchd.db"
rules = "rules"

[fetch]
min_interval = "1s"

[[feed]]
name = "wire"
url = "http://127.0.0.1:8000/wire.xml"
private = true
interval = "1s"

[[receiver]]
name = "hook"
url_file = "secrets/hook"

[[route]]
receivers = ["hook"]
mode = "now"
"""
# Shorter than in life, or the tests would take as long; a report comes every 15 s.
PATIENCE = "[Service]\nWatchdogSec=20s\nRestartSec=500ms\n"
OLD = {"title": "Rice", "guid": "0"}
# The time until a feed's next check has passed.
HAVE_ALL_DUE = """\
import sqlite3
with sqlite3.connect("/var/lib/private/watchd/watchd.db") as database:
    database.execute("UPDATE feeds SET next_check_at = checked_at WHERE checked_at > 0")
"""


# Each root is for one worker, and two are at work side by side.
ROOTS = [
    pytest.param(root, id=str(root), marks=pytest.mark.xdist_group(f"booted {root}"))
    for root in (roots() if not why_not() else [Path("/")])
]


@pytest.fixture(scope="module", params=ROOTS)
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A machine on which the package was installed as its user would, and feeds are served."""
    root: Path = request.param
    package = build(tmp_path_factory.mktemp("package"), python_of(root))
    with booted(root, package) as machine:
        # In a root of our own the list of what is installed is not there to ask.
        force = " --force-depends" if root == Path("/") else ""
        machine.sh(f"dpkg -i{force} /opt/package/*.deb")
        machine.sh(
            "mkdir -p /srv/feeds; systemd-run -q --unit=world python3 /opt/world/world.py /srv"
        )
        yield machine


def publish(machine: Machine, *titles: str) -> None:
    """Put these items into the feed, the newest first."""
    items = [{"title": title, "guid": title} for title in titles]
    machine.write("/srv/feeds/wire.xml", rss([*items, OLD]).decode())


def main_pid(machine: Machine) -> int:
    """Of the service at work; it fails where there is none."""
    pid = int(machine.show("watchd", "MainPID"))
    assert pid, machine.journal("-u", "watchd", "-n", "20")
    return pid


def posted(machine: Machine) -> list[dict[str, Any]]:
    """The messages that Slack was handed."""
    lines = machine.read("/srv/hooks.slack.com.posted").splitlines()
    return [json.loads(json.loads(line)["body"]) for line in lines]


def mailed(machine: Machine) -> list[EmailMessage]:
    """The mails that the mail server was handed, by the user it knows."""
    found = []
    for line in machine.read("/srv/mailed").splitlines():
        mail = json.loads(line)
        assert mail["login"] == ["NAME", "PASSWORD"]
        message = email.message_from_string(mail["message"], policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def a_hit_for(rule: str) -> str:
    """A text that the shipped rule is written for."""
    tests = tomllib.loads((PROJECT / "rules" / rule).read_text(encoding="utf-8"))["test"]
    return next(test["title"] for test in tests if test["expect"] == "match" and "title" in test)


def test_five_commands_of_the_guide_lead_to_alerts_in_slack_and_by_mail(machine: Machine) -> None:
    """The section to the letter: what it has one type and paste, and nothing else."""
    config = tomllib.loads((PROJECT / "config.toml").read_text(encoding="utf-8"))
    wire = config["feed"][0]["url"]
    host, path = wire.removeprefix("https://").split("/", 1)
    news = f"/srv/{host}/{path}"
    machine.sh(
        f"mkdir -p $(dirname {news}); systemd-run -q --unit=internet"
        f" python3 /opt/world/internet.py /srv {host} hooks.slack.com smtp.example.org"
    )
    machine.write(news, rss([OLD]).decode())
    machine.wait(lambda: machine.run("test", "-e", "/srv/open", check=False).returncode == 0)

    typed = 0
    for step in steps("The first feed, the first alert"):
        if step.file:
            machine.append(step.file, step.text)
        else:
            typed += 1
            machine.sh(step.text)
    assert typed <= 5
    assert len(posted(machine)) == len(mailed(machine)) == 1  # the trial

    name = config["feed"][0]["name"]
    machine.wait(lambda: f"feed.baseline feed={name}" in machine.journal("-u", "watchd"))
    title = a_hit_for("dprk/alien-lands.toml")
    machine.write(news, rss([{"title": title, "guid": "1"}, OLD]).decode())
    machine.sh(f"python3 - <<'END'\n{HAVE_ALL_DUE}\nEND")
    machine.wait(lambda: min(len(posted(machine)), len(mailed(machine))) >= 2)

    (block,) = posted(machine)[1]["attachments"][0]["blocks"]
    assert block["type"] == "rich_text"
    runs = [run for part in block["elements"] for run in part["elements"]]
    assert title in "".join(run["text"] for run in runs)
    assert {"type": "text", "text": "awards", "style": {"bold": True}} in runs
    mail = mailed(machine)[1]
    assert (mail["From"], mail["To"]) == ("watchd@example.org", "anna@example.org")
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert title in re.sub(r"<[^>]+>", "", part.get_content())


def test_from_the_package_to_the_first_alert(machine: Machine) -> None:
    machine.sh("systemctl stop watchd internet; rm -r /etc/watchd /var/lib/private/watchd")
    machine.run("watchd", "init", "/etc/watchd", "--example", "empty")
    config = machine.read("/etc/watchd/config.toml")
    assert 'database = "/var/lib/watchd/watchd.db"' in config
    machine.write("/etc/watchd/config.toml", CONFIG.format(folder="watchd"))
    machine.write("/etc/watchd/secrets/hook", f"json://127.0.0.1:8000/{SECRET}")
    machine.run("chmod", "600", "/etc/watchd/secrets/hook")
    machine.sh("mkdir -p /etc/systemd/system/watchd.service.d")
    machine.write("/etc/systemd/system/watchd.service.d/patience.conf", PATIENCE)
    said = machine.run("watchd", "install-unit").stdout
    assert "which a package brought" in said
    machine.sh("systemctl daemon-reload; systemd-analyze verify --man=no watchd.service")
    publish(machine)
    machine.run("watchd", "-c", "/etc/watchd/config.toml", "check")
    machine.run("systemctl", "start", "watchd")
    machine.wait(lambda: "feed.baseline feed=wire" in machine.journal("-u", "watchd"))
    publish(machine, "A sentence with the first phrase in it")
    machine.wait(lambda: "first phrase" in machine.read("/srv/posted"))


def test_verify_says_nothing_about_the_units_in_place(machine: Machine) -> None:
    units = ("watchd.service", "watchd@asia.service", "watchd-backup.timer")
    for unit in (*units, "watchd-backup.service", "watchd-backup@asia.service"):
        done = machine.run("systemd-analyze", "verify", "--man=no", unit)
        assert [line for line in (done.stdout + done.stderr).splitlines() if "watchd" in line] == []


def test_the_status_line_tells_how_things_stand(machine: Machine) -> None:
    machine.wait(lambda: machine.show("watchd", "StatusText").startswith("1 feed"))
    assert re.fullmatch(
        r"1 feed; \d rules?; 0 alerts waiting", machine.show("watchd", "StatusText")
    )


def test_the_journal_has_the_fields_of_each_line(machine: Machine) -> None:
    told = machine.run("journalctl", "-o", "json", "FEED=wire", "EVENT=feed.baseline").stdout
    entry = json.loads(told.splitlines()[0])
    assert entry["PRIORITY"] == "6"
    assert entry["ITEMS"] == "1"
    assert entry["_SYSTEMD_UNIT"] == "watchd.service"


def test_secrets_are_the_services_alone(machine: Machine) -> None:
    """Neither another user, nor the journal, nor its environment or command line shows them."""
    pid = main_pid(machine)
    handed = "/run/credentials/watchd.service/secrets_hook"
    other = "setpriv --reuid=65534 --clear-groups"
    for path in (handed, "/etc/watchd/secrets/hook", "/var/lib/watchd/watchd.db"):
        assert machine.run("test", "-r", path).returncode == 0
        assert machine.run(*other.split(), "cat", path, check=False).returncode != 0
    uid = int(machine.sh(f"stat -c %u /proc/{pid}"))
    assert 61184 <= uid <= 65519  # one that systemd lends, and takes back
    seen = machine.sh(f"cat /proc/{pid}/environ /proc/{pid}/cmdline | tr '\\0' ' '")
    seen += machine.run("journalctl", "--no-pager", "-a", "-o", "export").stdout
    assert SECRET not in seen
    in_state = machine.run("grep", "-rlaF", SECRET, "/var/lib/private/watchd", check=False)
    assert in_state.stdout == ""


def test_a_good_reload_takes_hold_and_the_process_stays(machine: Machine) -> None:
    pid = main_pid(machine)
    machine.sh("""sed 's/"first phrase"/ferry/' /etc/watchd/rules/first.toml >/etc/watchd/second
        sed -i '/^\\[\\[test/,$d' /etc/watchd/second; mv /etc/watchd/second /etc/watchd/rules/x.toml
        sed -i 's/^name = "wire"/name = "wires"/' /etc/watchd/config.toml""")
    machine.run("systemctl", "reload", "watchd")
    machine.wait(lambda: "feed.baseline feed=wires" in machine.journal("-u", "watchd"))
    assert main_pid(machine) == pid
    assert machine.show("watchd", "ActiveState") == "active"


def test_a_bad_reload_fails_with_the_reason_and_changes_nothing(machine: Machine) -> None:
    pid = main_pid(machine)
    machine.sh("cp /etc/watchd/config.toml /srv/good; echo '[[fed]]' >>/etc/watchd/config.toml")
    assert machine.run("systemctl", "reload", "watchd", check=False).returncode != 0
    machine.wait(lambda: "[[fed]]" in machine.journal("-u", "watchd", "-n", "30"))
    assert "/etc/watchd/config.toml:" in machine.journal("-u", "watchd", "-n", "30")
    assert main_pid(machine) == pid
    assert machine.show("watchd", "ActiveState") == "active"
    machine.sh("mv /srv/good /etc/watchd/config.toml; systemctl reload watchd")
    publish(machine, "Another ferry left")
    machine.wait(lambda: "Another ferry" in machine.read("/srv/posted"))


def test_killed_it_comes_back_and_loses_nothing(machine: Machine) -> None:
    pid, times = main_pid(machine), int(machine.show("watchd", "NRestarts"))
    machine.sh(f"kill -9 {pid}")
    publish(machine, "A ferry after the kill", "Another ferry left")
    machine.wait(lambda: "ferry after the kill" in machine.read("/srv/posted"))
    assert main_pid(machine) != pid
    assert int(machine.show("watchd", "NRestarts")) == times + 1


def test_one_that_hangs_is_ended_with_its_stacks_and_comes_back(machine: Machine) -> None:
    pid, began = main_pid(machine), time.monotonic()
    machine.sh(f"kill -STOP {pid}")
    machine.wait(lambda: machine.show("watchd", "MainPID") not in ("0", str(pid)), 60)
    assert time.monotonic() - began > 5
    told = machine.journal("-u", "watchd", "-n", "200")
    assert "Watchdog timeout" in told
    assert "Fatal Python error: Aborted" in told
    assert re.search(r'File ".*/watchd/cli/rounds\.py", line \d+ in start', told)
    publish(machine, "A ferry after the hang", "A ferry after the kill")
    machine.wait(lambda: "ferry after the hang" in machine.read("/srv/posted"))


def test_two_desks_live_side_by_side(machine: Machine) -> None:
    said = machine.run("watchd", "install-unit", "--desk", "asia").stdout
    assert "enabled   watchd@asia.service watchd-backup@asia.timer" in said
    machine.run("watchd", "init", "/etc/watchd-asia", "--example", "empty")
    machine.write("/etc/watchd-asia/config.toml", CONFIG.format(folder="watchd-asia"))
    machine.write("/etc/watchd-asia/secrets/hook", "json://127.0.0.1:8000/asia")
    machine.run("systemctl", "start", "watchd@asia")
    pids = [machine.show(unit, "MainPID") for unit in ("watchd", "watchd@asia")]
    users = {machine.sh(f"stat -c %u /proc/{pid}").strip() for pid in pids}
    assert len(users) == 2
    assert "0" not in users
    machine.wait(lambda: machine.show("watchd@asia", "StatusText"))
    machine.run("systemctl", "stop", "watchd@asia")
    assert machine.show("watchd", "ActiveState") == "active"


def test_the_parser_is_confined_within_the_service(machine: Machine) -> None:
    """The unit leaves the process that reads documents what it takes to give up the rest."""
    machine.sh("mkdir -p /etc/watchd-look/secrets /etc/systemd/system/watchd@look.service.d")
    machine.write(
        "/etc/systemd/system/watchd@look.service.d/look.conf",
        "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStart=\n"
        "ExecStart=/opt/watchd/bin/python3 /opt/world/look.py",
    )
    machine.sh("systemctl daemon-reload; systemctl start watchd@look")
    told = machine.journal("-u", "watchd@look", "_TRANSPORT=stdout").splitlines()
    refused = ["PermissionError: /etc/machine-id", "PermissionError: web"]
    assert told == ["reads its libraries", *refused]


def test_the_manual_and_the_tab_key_are_there(machine: Machine) -> None:
    script = "source /usr/share/bash-completion/completions/watchd; complete -p watchd"
    assert "_watchd" in machine.sh(script)
    verbs = {verb.split()[1] for verb in VERBS}
    completions = ("bash-completion/completions/watchd", "zsh/vendor-completions/_watchd")
    for place in (*completions, "fish/vendor_completions.d/watchd.fish"):
        assert verbs <= set(re.findall(r"[a-z-]+", machine.sh(f"cat /usr/share/{place}"))), place
    for page in ("man1/watchd.1", "man5/watchd.toml.5", "man5/watchd-rules.5"):
        assert ".TH" in machine.sh(f"zcat /usr/share/man/{page}.gz")
    told = machine.sh("zcat /usr/share/man/man1/watchd.1.gz").replace("\\-", "-")
    assert verbs <= set(re.findall(r"^\.B ([a-z-]+)$", told, re.MULTILINE))


def test_the_watchdog_leaves_one_alone_that_works(machine: Machine) -> None:
    """It outlives what the watchdog waits for; the tests before this one used up some of that."""
    pid = main_pid(machine)
    machine.wait(lambda: float(_age(machine, pid)) > 21, 40)
    assert main_pid(machine) == pid


def _age(machine: Machine, pid: int) -> str:
    """In seconds."""
    return machine.sh(f"echo $(( $(date +%s) - $(stat -c %Y /proc/{pid}) ))").strip()


def test_it_stops_at_once_and_in_order(machine: Machine) -> None:
    began = time.monotonic()
    machine.run("systemctl", "stop", "watchd")
    assert time.monotonic() - began < 10
    assert machine.show("watchd", "Result") == "success"
    assert machine.show("watchd", "ExecMainStatus") == "0"
    assert "daemon.stopped" in machine.journal("-u", "watchd")


def test_a_config_that_cannot_be_used_is_told_and_not_tried_again(machine: Machine) -> None:
    machine.sh("cp /etc/watchd/config.toml /srv/good; echo '[[fed]]' >>/etc/watchd/config.toml")
    assert machine.run("systemctl", "start", "watchd", check=False).returncode != 0
    assert machine.show("watchd", "ActiveState") == "failed"
    assert machine.show("watchd", "ExecMainStatus") == "78"
    assert machine.show("watchd", "NRestarts") == "0"
    assert "config.toml" in machine.show("watchd", "StatusText")
    time.sleep(2)  # the machine's own clock: longer than it would take to come back
    assert machine.show("watchd", "ActiveState") == "failed"
    machine.sh("mv /srv/good /etc/watchd/config.toml; systemctl start watchd")


def test_a_full_disk_is_survived_and_told(machine: Machine) -> None:
    machine.sh(
        "systemctl stop watchd; mv /var/lib/private/watchd /srv/state\n"
        "mkdir /var/lib/private/watchd; mount -t tmpfs -o size=6M full /var/lib/private/watchd\n"
        "cp -a /srv/state/. /var/lib/private/watchd\n"
        "chown --reference=/srv/state /var/lib/private/watchd\n"
        "chmod 700 /var/lib/private/watchd; systemctl start watchd"
    )
    pid = main_pid(machine)
    machine.sh("dd if=/dev/zero of=/var/lib/private/watchd/fill bs=4k 2>/dev/null || true")
    publish(
        machine, *(f"A ferry on a full disk, the first phrase {n} {'x' * 500}" for n in range(40))
    )
    machine.wait(lambda: "in trouble" in machine.show("watchd", "StatusText"), 40)
    assert main_pid(machine) == pid
    machine.run("rm", "/var/lib/private/watchd/fill")
    machine.wait(lambda: "A ferry on a full disk" in machine.read("/srv/posted"), 60)
    machine.wait(lambda: machine.show("watchd", "StatusText").startswith("1 feed"), 40)
    assert main_pid(machine) == pid


def test_the_commands_of_the_guide_run_as_they_stand(machine: Machine) -> None:
    """All of docs/operations.md, from its top on, but for what needs a network or makes anew."""
    pid, ran = main_pid(machine), set[str]()
    for command in commands():
        if command.startswith(
            ("systemctl", "journalctl", "tar", "watchd install", "watchd notify")
        ):
            ran.add(command.split()[0])
            machine.sh(f"cd /srv; {command.removesuffix(' -f')} >/dev/null")
    assert ran == {"systemctl", "journalctl", "tar", "watchd"}
    assert main_pid(machine) != pid
    machine.wait(lambda: machine.show("watchd", "StatusText").startswith("1 feed"))


def test_removed_it_leaves_what_is_yours(machine: Machine) -> None:
    machine.run("dpkg", "-r", "watchd")
    assert machine.show("watchd", "LoadState") == "not-found"
    assert machine.run("ls", "/opt/watchd", check=False).returncode != 0
    machine.sh("test -e /etc/watchd/config.toml; test -e /var/lib/private/watchd/watchd.db")
