"""Imports run one way: each module may use only modules of the layers below its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hlhcli"

LAYERS = [
    {
        "hlhcli.facts",
        "hlhcli.errors",
        "hlhcli.builtin",
        "hlhcli.doors",
        "hlhcli.formulas",
        "hlhcli.printable",
    },
    {"hlhcli.frames", "hlhcli.times", "hlhcli.kernel", "hlhcli.measures", "hlhcli.wording", "hlhcli.markers"},
    {"hlhcli.reading", "hlhcli.request", "hlhcli.identifiers", "hlhcli.keys"},
    {"hlhcli.texts"},
    {"hlhcli.clinical_items"},
    {"hlhcli.time_marks"},
    {"hlhcli.output", "hlhcli.progress", "hlhcli.extras"},
    {"hlhcli.units"},
    {"hlhcli.readers"},
    {"hlhcli.placements"},
    {"hlhcli.extremes"},
    {"hlhcli.selection", "hlhcli.windows", "hlhcli.courses"},
    {"hlhcli.study"},
    {"hlhcli.inferred"},
    {"hlhcli.changes"},
    {"hlhcli.ranges"},
    {"hlhcli.evidence"},
    {"hlhcli.analysis"},
    {"hlhcli.criteria", "hlhcli.claims", "hlhcli.cohort"},
    {"hlhcli.renderers", "hlhcli.figures"},
    {"hlhcli.report"},
    {"hlhcli.writers"},
    {"hlhcli.stream"},
    {"hlhcli.spark"},
    {"hlhcli.commands"},
    {"hlhcli.options"},
    {"hlhcli.cli"},
    {"hlhcli.startup"},
    {"hlhcli.__main__"},
    {"hlhcli"},  # the shelf of exported names: it points everywhere and imports nothing by itself
]
"""From the ground up; the modules of a folder share its place. Within a layer none knows another."""

RANK = {station: rank for rank, layer in enumerate(LAYERS) for station in layer}
MODULES = sorted(PACKAGE.rglob("*.py"))


def station(name):
    """The station that a dotted module name belongs to: the module itself or its folder."""
    return ".".join(name.split(".")[:2])


def module_name(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "hlhcli":
            submodules = [f"hlhcli.{alias.name}" for alias in node.names] if node.module == "hlhcli" else []
            yield from (name for name in submodules if name in RANK)
            if node.module != "hlhcli":
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "hlhcli")


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_the_layers_below(path):
    own = station(module_name(path))
    assert own in RANK, f"{own} has no layer yet: give it one"

    upward = [
        name
        for name in imported(path)
        if station(name) != own and RANK[station(name)] >= RANK[own] and name != "hlhcli"
    ]

    assert upward == []
