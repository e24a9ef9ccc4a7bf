"""Changes of laboratory values around interventions.

The library mirrors the commands, as plain functions on frames (`hlhcli.frames` lists their columns)::

    labs = hlhcli.read_series("labs.csv")
    drugs = hlhcli.read_interventions("drugs.csv", labs)
    changes = hlhcli.summarize(labs, drugs, baseline="median", until="end")
    figure = hlhcli.draw_courses(labs, drugs, markers=["Ferritin"])
    hlhcli.save_figure(figure, pathlib.Path("ferritin.pdf"))

Names are imported when they are first used, so that ``import hlhcli`` costs nothing.
"""

TYPE_CHECKING = False  # type checkers take it for true; importing typing would double the time of --version
if TYPE_CHECKING:
    from hlhcli.builtin import TABLE1, TABLE1_INTERVENTIONS
    from hlhcli.changes import changes as summarize
    from hlhcli.cohort import describe_cohort, mask_small
    from hlhcli.errors import DataNote, HlhcliError
    from hlhcli.figures import (
        draw_aligned,
        draw_before_after,
        draw_changes,
        draw_courses,
        draw_swimmer,
        draw_timeline,
        save_figure,
    )
    from hlhcli.markers import find as find_marker
    from hlhcli.readers import read_interventions, read_series
    from hlhcli.windows import windows as find_windows

__version__ = "0.1.0"

__all__ = [
    "TABLE1",
    "TABLE1_INTERVENTIONS",
    "DataNote",
    "HlhcliError",
    "describe_cohort",
    "draw_aligned",
    "draw_before_after",
    "draw_changes",
    "draw_courses",
    "draw_swimmer",
    "draw_timeline",
    "find_marker",
    "find_windows",
    "mask_small",
    "read_interventions",
    "read_series",
    "save_figure",
    "summarize",
]

_HOMES = {
    "TABLE1": ("hlhcli.builtin", "TABLE1"),
    "TABLE1_INTERVENTIONS": ("hlhcli.builtin", "TABLE1_INTERVENTIONS"),
    "DataNote": ("hlhcli.errors", "DataNote"),
    "HlhcliError": ("hlhcli.errors", "HlhcliError"),
    "describe_cohort": ("hlhcli.cohort", "describe_cohort"),
    "draw_aligned": ("hlhcli.figures", "draw_aligned"),
    "draw_before_after": ("hlhcli.figures", "draw_before_after"),
    "draw_changes": ("hlhcli.figures", "draw_changes"),
    "draw_courses": ("hlhcli.figures", "draw_courses"),
    "draw_swimmer": ("hlhcli.figures", "draw_swimmer"),
    "draw_timeline": ("hlhcli.figures", "draw_timeline"),
    "find_marker": ("hlhcli.markers", "find"),
    "find_windows": ("hlhcli.windows", "windows"),
    "mask_small": ("hlhcli.cohort", "mask_small"),
    "read_interventions": ("hlhcli.readers", "read_interventions"),
    "read_series": ("hlhcli.readers", "read_series"),
    "save_figure": ("hlhcli.figures", "save_figure"),
    "summarize": ("hlhcli.changes", "changes"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'hlhcli' has no attribute '{name}'")
    from importlib import import_module

    module, attribute = _HOMES[name]
    value: object = getattr(import_module(module), attribute)
    return value
