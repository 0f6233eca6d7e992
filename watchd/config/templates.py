"""The templates of a receiver: which files its folder has, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from watchd.config.values import Wrong, path_from
from watchd.errors import Problem
from watchd.tomlfile import nearest

_MOST = 100_000  # characters; Slack takes 35 kB, mail programs cut off after 100 kB
_SUFFIXES = (".txt", ".html", ".json")


def read(value: str, folder: Path) -> tuple[Mapping[str, str], list[Problem]]:
    """The templates in the folder that `templates` names, by file name, and their mistakes.

    One in which even a short message is too long is warned of. Raises Wrong for a folder that is
    not there, or has none.
    """
    from watchd.render.ownform import always_too_long
    from watchd.render.templates import FILES, problems

    place = path_from(folder, value)
    try:
        names = sorted(path.name for path in place.iterdir() if path.suffix in _SUFFIXES)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise Wrong("C151", f"the folder {value} of templates: {reason}") from None
    if not set(names) & set(FILES):
        raise Wrong("C151", f"the folder {value} has none of {', '.join(FILES)}")
    found: dict[str, str] = {}
    mistakes: list[Problem] = []
    for name in names:
        path = place / name
        if name not in FILES:
            meant = nearest(name, FILES)
            hint = f"did you mean '{meant}'?" if meant else ""
            message = f"not a template; they are {', '.join(FILES)}"
            mistakes.append(Problem(code="C151", message=message, path=str(path), hint=hint))
            continue
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, ValueError):
            message = "this template cannot be read, or is not UTF-8 text"
            mistakes.append(Problem(code="C151", message=message, path=str(path)))
            continue
        if len(text) > _MOST:
            message = f"this template is too long; it may have {_MOST:,} characters"
            mistakes.append(Problem(code="C151", message=message, path=str(path)))
            continue
        found[name] = text
        if wrong := problems(name, text, str(path)):
            mistakes += wrong
        elif why := always_too_long(name, text):
            mistakes.append(Problem(code="C156", message=why, path=str(path), level="warning"))
    return found, mistakes
