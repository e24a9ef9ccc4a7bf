"""All that a report is made of: frames, and what is known about the run that made them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from hlhcli.criteria.definition import Definition


@dataclass(frozen=True)
class InputFile:
    """One file that went in: by which option, its public name, and a checksum."""

    role: str
    name: str
    sha256: str
    """Empty where there is no file to take it from: standard input."""
    size: int


@dataclass(frozen=True)
class UnusedCell:
    """One cell of the labs that holds no value."""

    line: int
    column: str
    text: str
    reason: str


@dataclass(frozen=True)
class Settings:
    """The options that were really used, in words or as given."""

    rules: str
    """The baseline and the window, as `hlhcli.wording.describe_rules` puts them."""
    points: Sequence[str]
    unit_system: str
    ranges: str
    """Where reference ranges beside those of the labs come from; empty for nowhere."""
    disturbed_for: str
    carry: str


@dataclass(frozen=True)
class Origin:
    """The program and how it was called."""

    version: str
    command: str
    files: Sequence[InputFile]
    notes: Sequence[str]
    """What the readers said about the input."""


@dataclass(frozen=True)
class Material:
    """The frames of one or more subjects, all for the same subjects."""

    series: pd.DataFrame
    """`hlhcli.frames.SERIES`, with a text column ``disturbed``: what may have changed the value."""
    interventions: pd.DataFrame
    windows: pd.DataFrame
    changes: pd.DataFrame
    """As from `hlhcli.analysis.analyze`."""
    events: pd.DataFrame
    scores: pd.DataFrame
    definitions: Sequence[Definition]
    unused: Sequence[UnusedCell]
    settings: Settings
    run: Origin

    @property
    def subjects(self) -> list[str]:
        """The subjects in the order of the labs; one empty name where the file names none."""
        return [str(subject) for subject in self.series["subject"].unique()]

    def of(self, subject: str) -> "Material":
        """The frames of one subject."""
        return replace(
            self,
            series=_of(self.series, subject),
            interventions=_of(self.interventions, subject),
            windows=_of(self.windows, subject),
            changes=_of(self.changes, subject),
            events=_of(self.events, subject),
            scores=_of(self.scores, subject),
        )


def _of(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    return frame[frame["subject"] == subject].reset_index(drop=True)
