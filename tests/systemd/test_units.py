"""The units: hardened, each line with its reason, one text for one desk and for several."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
EXPOSURE = 1.2

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze"
)


def analyze(*words: str) -> str:
    """What systemd-analyze says of it all; its exit code tells little."""
    command = ["systemd-analyze", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.name)
def test_a_service_is_hardened(unit: Path, tmp_path: Path) -> None:
    # A template is looked at as one of its instances.
    copy = tmp_path / unit.name.replace("@.", "@asia.")
    shutil.copy(unit, copy)
    said = analyze("security", "--offline=true", "--no-pager", str(copy))
    (found,) = re.findall(r"exposure level for \S+: ([\d.]+)", said)
    assert float(found) <= EXPOSURE, said


def test_systemd_has_nothing_to_say_against_a_unit(tmp_path: Path) -> None:
    """`verify` exits with 0 on keys it does not know: it must print nothing."""
    program = tmp_path / "watchd"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copies = []
    for unit in sorted([*SERVICES, *UNITS.glob("*.timer")]):
        copy = tmp_path / unit.name.replace("@.", "@asia.")
        text = unit.read_text(encoding="utf-8").replace("/opt/watchd/bin/watchd", str(program))
        # The pages are there once the package is.
        copy.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.MULTILINE))
        copies.append(str(copy))
    assert analyze("verify", *copies) == ""


def of_desks(text: str) -> str:
    """The unit of the only desk as a template for several."""
    text = re.sub(r"(/etc|/var/lib|/run)/watchd\b", r"\1/watchd-%i", text)
    owned = r"^((?:State|Configuration|Runtime)Directory|User)=watchd$"
    text = re.sub(owned, r"\1=watchd-%i", text, flags=re.MULTILINE)
    return text.replace("Description=watchd: ", "Description=watchd %i: ")


@pytest.mark.parametrize("name", ["watchd.service", "watchd-backup.service", "watchd-backup.timer"])
def test_several_desks_have_the_unit_of_the_only_one(name: str) -> None:
    template = (UNITS / name.replace(".", "@.")).read_text(encoding="utf-8")
    assert template == of_desks((UNITS / name).read_text(encoding="utf-8"))


def test_each_line_of_the_service_has_its_reason() -> None:
    """A comment stands above each line, or above the few that say the same."""
    text = (UNITS / "watchd.service").read_text(encoding="utf-8")
    _, service = text.split("[Service]\n")
    for paragraph in service.partition("\n[Install]")[0].strip().split("\n\n"):
        assert paragraph.startswith("#"), paragraph
    together = [len(lines.splitlines()) for lines in re.split(r"(?:^#.*\n)+", service, flags=re.M)]
    assert max(together) <= 9
