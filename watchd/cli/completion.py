"""`watchd completion`: what the Tab key offers in bash, zsh and fish, made from the verbs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from watchd.cli.options import ConfigFile
from watchd.values import Struct

EXAMPLES = (
    "\b\nExamples:\n"
    "  watchd completion bash > /etc/bash_completion.d/watchd\n"
    "  watchd completion zsh > /usr/local/share/zsh/site-functions/_watchd\n"
    "  watchd completion fish > ~/.config/fish/completions/watchd.fish"
)
_PATHS = {"FILE", "FEED-or-URL-or-FILE"}


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        typer.Argument(metavar="bash|zsh|fish", help="Whose Tab key it is for."),
    ],
    _config: ConfigFile = "",
) -> None:
    """Print what your shell needs to complete verbs, options and their values."""
    from watchd.cli.app import command_line

    verbs = list(places(typer.main.get_command(command_line())))
    sys.stdout.write({"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](verbs))


class Option(Struct, frozen=True, kw_only=True):
    """`values` are those it knows; without any, `paths` says whether files are meant."""

    names: tuple[str, ...]
    help: str
    takes: bool
    values: tuple[str, ...] = ()
    paths: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """What may come after these words: further verbs with their help, options, arguments."""

    verb: str
    below: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]
    values: tuple[str, ...]
    paths: bool


def places(command: Any, verb: str = "") -> Iterator[Place]:
    """The command line as a list, from the top down. `command` is Typer's."""
    below = getattr(command, "commands", {})
    found = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    yield Place(
        verb=verb,
        below=tuple((name, _line(sub.help)) for name, sub in below.items()),
        options=(
            *map(_option, found),
            Option(names=("--help", "-h"), help="Show what there is.", takes=False),
        ),
        values=tuple(value for one in arguments for value in _choices(one)),
        paths=any(map(_is_path, arguments)),
    )
    for name, sub in below.items():
        yield from places(sub, f"{verb} {name}".strip())


def _option(one: Any) -> Option:
    return Option(
        names=tuple(sorted(one.opts, key=len, reverse=True)),
        help=_line(one.help),
        takes=not one.is_flag,
        values=_choices(one),
        paths=_is_path(one),
    )


def _is_path(one: Any) -> bool:
    """Whether it is a file or folder, by its type or by what `--help` calls it."""
    kind = one.type_descriptor.annotation
    return one.metavar in _PATHS or Path in (kind, *get_args(kind))


def _choices(one: Any) -> tuple[str, ...]:
    """The values that an option or argument can have, where these are few."""
    kind = one.type_descriptor.annotation
    kinds = [kind, *get_args(kind)] if get_origin(kind) is not Literal else [kind]
    return tuple(
        str(value) for one in kinds if get_origin(one) is Literal for value in get_args(one)
    )


def _line(text: str | None) -> str:
    """The first sentence of a help text."""
    return " ".join((text or "").split("\n\n")[0].split()).rstrip(".")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_VERB = """\
    case "$verb $word" in
      {words}) verb="${{verb:+$verb }}$word" ;;
    esac
"""


def _which_verb(verbs: list[Place]) -> str:
    """For bash and zsh: a further word of the verb, if it is one."""
    known = [f"{place.verb} {name}" for place in verbs for name, _ in place.below]
    return _VERB.format(words="|".join(_quoted(words) for words in known))


def _after_options(verbs: list[Place], files: str, values: str) -> Iterator[str]:
    """For bash and zsh: what follows an option that takes a value."""
    for place in verbs:
        for one in place.options:
            words = "|".join(_quoted(f"{place.verb} {name}") for name in one.names)
            if one.values:
                yield f"    {words}) {values.format(' '.join(one.values))} ;;\n"
            elif one.takes:
                yield f"    {words}) {files if one.paths else ':'}; return ;;\n"


def _bash(verbs: list[Place]) -> str:
    lines = [
        "_watchd() {\n  local verb= word cur=${COMP_WORDS[COMP_CWORD]}\n  local words= paths=\n",
        '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do\n',
        _which_verb(verbs),
        '  done\n  case "$verb ${COMP_WORDS[COMP_CWORD-1]}" in\n',
        *_after_options(verbs, 'COMPREPLY=($(compgen -f -- "$cur"))', "words={0!r}"),
        "  esac\n",
        '  if [[ -z $words ]]; then\n    case "$verb" in\n',
    ]
    for place in verbs:
        names = [name for one in place.options for name in one.names]
        offered = [*(name for name, _ in place.below), *place.values, *names]
        paths = " paths=1" if place.paths else ""
        lines.append(f"      {_quoted(place.verb)}) words={_quoted(' '.join(offered))}{paths} ;;\n")
    lines.append('    esac\n  fi\n  COMPREPLY=($(compgen -W "$words" -- "$cur"))\n')
    lines.append('  [[ $paths && $cur != -* ]] && COMPREPLY+=($(compgen -f -- "$cur"))\n')
    lines.append("  return 0\n}\ncomplete -o filenames -F _watchd watchd\n")
    return "".join(lines)


def _zsh(verbs: list[Place]) -> str:
    lines = [
        "#compdef watchd\n_watchd() {\n  local verb= word\n  local -a found options\n",
        "  for word in ${words[2,CURRENT-1]}; do\n",
        _which_verb(verbs),
        '  done\n  case "$verb ${words[CURRENT-1]}" in\n',
        *_after_options(verbs, "_files", "_values value {0}; return"),
        '  esac\n  case "$verb" in\n',
    ]
    for place in verbs:
        found = [_described(name, text) for name, text in place.below] + list(place.values)
        options = [_described(name, one.help) for one in place.options for name in one.names]
        paths = " _files" if place.paths else ""
        lines.append(
            f"    {_quoted(place.verb)}) found=({' '.join(found)})"
            f" options=({' '.join(options)}){'; ' + paths.strip() if paths else ''} ;;\n"
        )
    lines.append("  esac\n  (( $#found )) && _describe watchd found\n")
    lines.append("  _describe -o option options\n}\n")
    lines.append('if [[ $funcstack[1] == _watchd ]]; then _watchd "$@"; ')
    lines.append("else compdef _watchd watchd; fi\n")
    return "".join(lines)


def _described(name: str, text: str) -> str:
    return _quoted(f"{name}:{text}")


def _fish(verbs: list[Place]) -> str:
    known = [f"{place.verb} {name}".strip() for place in verbs for name, _ in place.below]
    lines = [
        "function __watchd_verb\n  set -l verb\n",
        "  for word in (commandline -opc)[2..]\n",
        f'    contains -- (string join -- " " $verb $word) {" ".join(map(_quoted, known))}\n',
        "    and set -a verb $word\n  end\n",
        '  test "$verb" = "$argv"\nend\ncomplete -c watchd -f\n',
    ]
    for place in verbs:
        when = f"complete -c watchd -n {_quoted(f'__watchd_verb {place.verb}'.strip())}"
        for name, text in place.below:
            lines.append(f"{when} -a {name} -d {_quoted(text)}\n")
        if place.values:
            lines.append(f"{when} -a {_quoted(' '.join(place.values))}\n")
        if place.paths:
            lines.append(f"{when} -F\n")
        for one in place.options:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                for name in one.names
            )
            values = f" -a {_quoted(' '.join(one.values))}" if one.values else ""
            takes = (" -r -F" if one.paths else f" -x{values}") if one.takes else ""
            lines.append(f"{when} {names}{takes} -d {_quoted(one.help)}\n")
    return "".join(lines)
