"""Reading JSON whose shape cannot be relied upon: nothing of the wrong kind raises."""

from collections.abc import Mapping
from typing import Any

Resource = Mapping[str, Any]


def record(value: Any) -> Resource:  # noqa: ANN401 - any JSON
    """An object as it is; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """A list as it is; nothing as no items; anything else as the only item."""
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(concept: Resource) -> str:
    """The words of a coded concept: its text, else the first display, else the first code."""
    codings = [record(coding) for coding in items(concept.get("coding"))]
    texts = [concept.get("text"), *(coding.get("display") for coding in codings)]
    return str(next(filter(None, [*texts, *(coding.get("code") for coding in codings)]), ""))


def unit_of(quantity: Resource) -> str:
    """The unit of a quantity as people read it, else its code."""
    return str(quantity.get("unit") or quantity.get("code") or "")


def subject_of(resource: Resource) -> str:
    """The id of the patient that a resource is about."""
    reference = str(record(resource.get("subject", resource.get("patient"))).get("reference", ""))
    return reference.replace("urn:uuid:", "").rsplit("/", 1)[-1]
