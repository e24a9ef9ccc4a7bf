"""A figure's SVG as a part of a page: nothing in it reaches out of it, and no id is in two figures."""

import re
import xml.etree.ElementTree as ET
from html import escape

ELEMENTS = frozenset(("svg", "g", "defs", "clipPath", "path", "rect", "use"))
"""What a figure is drawn with; the rest, such as metadata and style sheets, stays outside."""

ATTRIBUTES = frozenset(
    ("id", "href", "d", "style", "transform", "clip-path", "x", "y", "width", "height", "viewBox")
)
REFERENCE = re.compile(r"#([^)\"']+)")


def inline_svg(drawn: bytes, *, prefix: str, description: str) -> str:
    """One ``<svg>`` element that says what it shows, with ``prefix`` before its own names."""
    root = ET.fromstring(drawn)
    used = {name for element in root.iter() for name in _references(element)}
    inner = "".join(_markup(child, prefix, used) for child in root)
    size = f'viewBox="{_text(root.get("viewBox", ""))}"'
    return f'<svg role="img" aria-label="{_text(description)}" {size}>{inner}</svg>'


def _references(element: ET.Element) -> list[str]:
    found = [
        REFERENCE.search(value) for name, value in element.items() if _local(name) in ("href", "clip-path")
    ]
    return [match[1] for match in found if match]


def _markup(element: ET.Element, prefix: str, used: set[str]) -> str:
    name = _local(element.tag)
    if name not in ELEMENTS:
        return ""
    pairs = {_local(key): " ".join(value.split()) for key, value in element.items()}
    if pairs.get("id") not in used:
        pairs.pop("id", None)
    attributes = "".join(
        f' {key}="{_text(_renamed(key, value, prefix))}"' for key, value in pairs.items() if key in ATTRIBUTES
    )
    inner = "".join(_markup(child, prefix, used) for child in element)
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _renamed(key: str, value: str, prefix: str) -> str:
    if key == "id":
        return f"{prefix}-{value}"
    return REFERENCE.sub(rf"#{prefix}-\g<1>", value) if key in ("href", "clip-path") else value


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _text(value: str) -> str:
    return escape(" ".join(value.split()), quote=True)
