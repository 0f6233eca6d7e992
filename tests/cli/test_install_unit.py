"""`watchd install-unit` writes and enables the units, and tells what it did."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from tests.support.commandline import watchd
from watchd.cli.init import of_a_service

UNITS = Path(__file__).parents[2] / "systemd"
PROGRAM = ("--program", "/opt/watchd/bin/watchd")

needs_systemctl = pytest.mark.skipif(
    shutil.which("systemctl") is None, reason="there is no systemctl"
)


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


@needs_systemctl
def test_it_writes_and_enables_and_says_so(tmp_path: Path) -> None:
    done = watchd("install-unit", "--root", str(tmp_path), *PROGRAM)
    assert done.returncode == 0, done.stderr
    units = tmp_path / "etc/systemd/system"
    for name in ("watchd.service", "watchd-backup.service", "watchd-backup.timer"):
        assert (units / name).read_text() == (UNITS / name).read_text()
        assert f"written   {units / name}\n" in done.stdout
    assert (units / "multi-user.target.wants/watchd.service").is_symlink()
    assert (units / "timers.target.wants/watchd-backup.timer").is_symlink()
    assert "enabled   watchd.service watchd-backup.timer\n" in done.stdout
    assert stat.S_IMODE((tmp_path / "etc/watchd/secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "etc/watchd").stat().st_mode) == 0o755
    assert "  watchd init /etc/watchd\n" in done.stdout
    assert "  systemctl start watchd.service\n" in done.stdout


@needs_systemctl
def test_done_again_it_changes_nothing_and_keeps_what_was_edited(tmp_path: Path) -> None:
    watchd("install-unit", "--root", str(tmp_path), *PROGRAM)
    unit = tmp_path / "etc/systemd/system/watchd.service"
    again = watchd("install-unit", "--root", str(tmp_path), *PROGRAM)
    assert f"there     {unit}\n" in again.stdout
    assert not {name for name in files(tmp_path) if name.endswith(".old")}
    unit.write_text("# edited\n")
    third = watchd("install-unit", "--root", str(tmp_path), *PROGRAM)
    assert f"replaced  {unit}; what was there is in watchd.service.old\n" in third.stdout
    assert unit.with_name("watchd.service.old").read_text() == "# edited\n"
    assert unit.read_text() == (UNITS / "watchd.service").read_text()


@needs_systemctl
def test_a_desk_of_its_own_has_a_unit_of_its_own(tmp_path: Path) -> None:
    done = watchd("install-unit", "--desk", "asia", "--root", str(tmp_path), *PROGRAM)
    assert done.returncode == 0, done.stderr
    units = tmp_path / "etc/systemd/system"
    link = units / "multi-user.target.wants/watchd@asia.service"
    assert link.is_symlink()
    assert (units / "watchd@.service").is_file()
    assert (tmp_path / "etc/watchd-asia/secrets").is_dir()
    assert "  watchd init /etc/watchd-asia\n" in done.stdout


@needs_systemctl
def test_a_unit_that_a_package_brought_is_only_enabled(tmp_path: Path) -> None:
    brought = tmp_path / "usr/lib/systemd/system"
    brought.mkdir(parents=True)
    for unit in UNITS.iterdir():
        shutil.copy(unit, brought)
    done = watchd("install-unit", "--root", str(tmp_path), *PROGRAM)
    assert "which a package brought" in done.stdout
    assert not (tmp_path / "etc/systemd/system/watchd.service").exists()
    assert (tmp_path / "etc/systemd/system/multi-user.target.wants/watchd.service").is_symlink()


def test_a_dry_run_tells_and_does_nothing(tmp_path: Path) -> None:
    done = watchd("install-unit", "--dry-run", "--root", str(tmp_path), *PROGRAM)
    assert f"written   {tmp_path}/etc/systemd/system/watchd.service\n" in done.stdout
    assert "Nothing was done" in done.stdout
    assert files(tmp_path) == set()


@needs_systemctl
def test_the_units_start_the_program_that_is_named(tmp_path: Path) -> None:
    program = "/srv/100% news/bin/watchd"
    watchd("install-unit", "--root", str(tmp_path), "--program", program)
    unit = (tmp_path / "etc/systemd/system/watchd.service").read_text()
    assert 'ExecStart="/srv/100%% news/bin/watchd" run --config' in unit
    assert "/opt/watchd" not in unit


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--program", "/home/@/bin/watchd"), "a service cannot see what lies there; make an"),
        (("--program", "bin/watchd"), "systemd wants the full name"),
        ((*PROGRAM, "--desk", "Asia desk"), "a desk's name is of small letters"),
        ((*PROGRAM, "--desk", "a" * 24), "a desk's name is of small letters"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = watchd("install-unit", "--root", str(tmp_path), *words)
    assert done.returncode in (1, 2)
    assert told in " ".join(done.stderr.split())
    assert files(tmp_path) == set()


def test_what_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("")
    done = watchd("install-unit", "--root", str(tmp_path), *PROGRAM)
    assert done.returncode == 1
    assert done.stderr.startswith(f"watchd: {tmp_path}/etc/watchd: not a directory")


@pytest.mark.parametrize(
    ("folder", "database"),
    [
        ("/etc/watchd", "/var/lib/watchd/watchd.db"),
        ("/etc/watchd-asia", "/var/lib/watchd-asia/watchd.db"),
        ("/srv/desk", "watchd.db"),
    ],
)
def test_the_database_of_a_service_lies_where_it_may_write(folder: str, database: str) -> None:
    config = '# database\ndatabase = "watchd.db"\n'
    assert of_a_service(config, Path(folder)) == f'# database\ndatabase = "{database}"\n'
