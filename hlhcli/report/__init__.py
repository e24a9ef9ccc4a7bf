"""A report on one page: what it says (`compose`), and how it is written in each format."""

from hlhcli.report.content import compose, require_few_subjects
from hlhcli.report.material import InputFile, Material, Origin, Settings, UnusedCell

__all__ = ["InputFile", "Material", "Origin", "Settings", "UnusedCell", "compose", "require_few_subjects"]
