"""Secret addresses, of receivers and of the heartbeat, from wherever config.toml says they are."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from watchd import log
from watchd.config.values import Wrong, path_from

SOURCES = ("url", "url_file", "url_env", "url_credential")
HEARTBEATS = tuple(f"heartbeat_{source}" for source in SOURCES)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,63}")
_TOKEN = re.compile(r"(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{12,}")


def addresses(source: str, value: str, environ: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """The addresses that one of SOURCES or HEARTBEATS leads to, but for the first, one a line.

    Relative files start from `folder`. Raises Wrong, which names the place, never its content.
    """
    if "://" in value:
        plain = source.rpartition("_")[0]
        message = (
            f"`{source}` tells where the address is kept; an address itself goes into `{plain}`"
        )
        raise Wrong("C114", message)
    if source.endswith("url_env"):
        if not _VARIABLE.fullmatch(value):
            raise Wrong(
                "C114", f"`{source}` is the name of an environment variable, such as SLACK_URL"
            )
        text = environ.get(value, "")
        if not text.strip():
            how = "empty" if value in environ else "not set"
            raise Wrong("C115", f"the environment variable {value} is {how}; it holds the address")
        return _lines(text, f"the environment variable {value}")
    if source.endswith("url_file"):
        return _lines(_of_file(value, environ, folder), f"the file {value}")
    if not _CREDENTIAL.fullmatch(value):
        raise Wrong("C114", f"`{source}` is the name of a systemd credential, without a folder")
    home = environ.get("CREDENTIALS_DIRECTORY", "")
    if not home:
        message = (
            f"there is no credential {value}: systemd gives credentials only to a service, by "
            f"LoadCredential={value}:FILE in its unit; for a run by hand use `url_file`"
        )
        raise Wrong("C115", message)
    _seen(home)
    return _lines(
        _read(Path(home) / value, f"of the credential {value}"), f"the credential {value}"
    )


def _of_file(value: str, environ: Mapping[str, str], folder: Path) -> str:
    """What a file holds. A service that may not read it is handed it by systemd.

    `LoadCredential=secrets:/etc/watchd/secrets` makes of each file in that folder a credential:
    of secrets/slack one named secrets_slack, as it was when the service started.
    """
    home, path = environ.get("CREDENTIALS_DIRECTORY", ""), Path(value)
    if not home and "INVOCATION_ID" in environ:  # a process of a service
        _seen(path_from(folder, value).parent)
    if not home or path.is_absolute():
        return _read(path_from(folder, value), value)
    _seen(home)
    handed = Path(home) / "_".join(path.parts)
    if handed.is_file():
        return _read(handed, value)
    try:
        return _read(path_from(folder, value), value)
    except Wrong as error:
        message = f"{error.message}; the service sees files that are new to it at its next start"
        raise Wrong(error.code, message) from None


def _seen(home: str | Path) -> None:
    """Raises Wrong in a process of the service that systemd shows no credentials.

    These are the ones of `ExecReload=`. With systemd 252 they have $CREDENTIALS_DIRECTORY, and may
    not look into it; with 257 they do not even have that.
    """
    try:
        os.listdir(home)
    except PermissionError:
        message = "systemd shows credentials to the daemon alone, not to this process"
        raise Wrong("C160", message) from None
    except OSError:
        pass  # what is missing is told by its own name


def hide(address: str) -> None:
    """Keep an address, its password and whatever looks like a token in it out of every log."""
    log.hide(address)
    for token in _TOKEN.findall(address):
        log.hide(token)
    hide_password(address)


def hide_password(address: str) -> None:
    """Keep the password of an address out of every log; the rest of it may be shown."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return
    if password:
        log.hide(password)
        log.hide(unquote(password))


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Wrong("C115", f"there is no file {name}; it should hold the address") from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise Wrong("C115", f"the file {name} cannot be read: {reason}") from None
    except ValueError:
        raise Wrong("C115", f"the file {name} is not UTF-8 text") from None


def _lines(text: str, name: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.splitlines())
    found = tuple(line for line in lines if line and not line.startswith("#"))
    if not found:
        raise Wrong("C115", f"{name} holds no address; write one a line")
    return found
