"""How the program was called and with which files, without the place where they lie."""

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from hlhcli.builtin import TABLE1, TABLE1_CLINICAL, TABLE1_EVENTS, TABLE1_INTERVENTIONS
from hlhcli.readers.address import is_address, public_address
from hlhcli.readers.source import STDIN, STDIN_NAME
from hlhcli.report import InputFile

FILES = ("labs", "interventions", "events", "clinical", "ranges", "variation", "mapping", "definition")
"""Parameters that may name input files."""

OWN = {
    "labs": TABLE1,
    "interventions": TABLE1_INTERVENTIONS,
    "events": TABLE1_EVENTS,
    "clinical": TABLE1_CLINICAL,
}
"""The files of the built-in case."""


@dataclass(frozen=True)
class Call:
    """One call of a command: its name, what was written on the command line, and every parameter."""

    command: str
    written: Sequence[tuple[str, Sequence[str]]]
    """Each option or, under an empty name, argument that was given, with its values."""
    values: Mapping[str, Any]

    @property
    def line(self) -> str:
        """The command line, with the names of files and not their folders."""
        words = [
            word
            for option, values in self.written
            for value in values or [""]
            for word in (option, public_name(value) if value else "")
            if word
        ]
        return shlex.join(["hlhcli", self.command, *words])

    def files(self) -> Iterator[InputFile]:
        """Every input file with its checksum; a folder file by file."""
        for role, name in self._named():
            if name == STDIN or is_address(name):
                yield InputFile(role, STDIN_NAME if name == STDIN else public_address(name), "", 0)
                continue
            path = Path(name)
            for file in sorted(path.iterdir()) if path.is_dir() else [path]:
                if file.is_file():
                    inside = f"{public_name(name)}/{file.name}" if path.is_dir() else public_name(name)
                    yield _checked(role, inside, file)
        if self.values.get("labs") is None:
            for role, file in OWN.items():
                if self.values.get(role) is None and not (
                    role == "interventions" and self.values.get("given")
                ):
                    yield _checked(f"{role} (built in)", file.name, file)

    def public(self, words: str) -> str:
        """Words of the program about these files, with the names of files and not their folders."""
        for _, name in self._named():
            words = words.replace(name, public_name(name))
        return words

    def _named(self) -> Iterator[tuple[str, str]]:
        """The files that were given; what is the name of something built in is none."""
        for role in FILES:
            given = self.values.get(role) or []
            for name in [given] if isinstance(given, str) else given:
                if name == STDIN or is_address(name) or Path(name).exists():
                    yield role if role == "labs" else f"--{role}", str(name)


def read_call(context: Any) -> Call:  # noqa: ANN401 - the context that typer passes
    """The call that a context is about; what was not written but has a default is not in its line."""
    written = []
    for parameter in context.command.params:
        if context.get_parameter_source(parameter.name).name != "COMMANDLINE":
            continue
        value = context.params[parameter.name]
        name = max(parameter.opts, key=len) if parameter.param_type_name == "option" else ""
        several = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
        written.append((name, [] if isinstance(value, bool) else several))
    return Call(context.info_name, written, dict(context.params))


def public_name(name: str) -> str:
    r"""A file's name as given; only its last part where it says where on a machine it lies.

    The address of a database has its password and options left out.

    >>> public_name("data/labs.csv"), public_name("/home/anna/labs.csv"), public_name(r"C:\Anna\labs.csv")
    ('data/labs.csv', 'labs.csv', 'labs.csv')
    """
    if is_address(name):
        return public_address(name)
    windows = PureWindowsPath(name)
    if windows.drive or name.startswith("\\\\"):
        return windows.name
    path = PurePosixPath(name)
    return path.name if path.is_absolute() or {"..", "~"} & set(path.parts[:1]) else name


def _checked(role: str, name: str, file: Path) -> InputFile:
    content = file.read_bytes()
    return InputFile(role, name, hashlib.sha256(content).hexdigest(), len(content))
