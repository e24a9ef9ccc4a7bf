"""Files to FHIR resources: bundles, single resources, and NDJSON with one on each line."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hlhcli.errors import HlhcliError
from hlhcli.readers.fhir.json_parts import Resource, items, record
from hlhcli.readers.source import Content, decode


@dataclass(frozen=True)
class Entry:
    """One resource, the place in the file that messages call it by, and its address."""

    line: int
    resource: Resource
    address: str

    @property
    def kind(self) -> str:
        """The resource's type: ``Observation``."""
        return str(self.resource.get("resourceType", "?"))


def is_json(content: bytes) -> bool:
    """True where bytes begin as a JSON object, or as an array of objects, does."""
    return re.match(rb'(\xef\xbb\xbf)?\s*(\{\s*["}]|\[\s*[{\]])', content) is not None


def load(contents: Sequence[Content]) -> tuple[str, str, list[Entry]]:
    """All resources of the files, and what a place is called in their messages."""
    entries: list[Entry] = []
    places: set[str] = set()
    for content in contents:
        text = decode(content)
        place, documents = _documents(text.name, text.text)
        places.add(place)
        for line, document in documents:
            entries += _unpack(text.name, line, document)
    name = (
        contents[0].name if len(contents) == 1 else f"{contents[0].name} and {len(contents) - 1} more files"
    )
    return name, places.pop() if len(places) == 1 else "entry", entries


def _documents(name: str, text: str) -> tuple[str, list[tuple[int, Any]]]:
    """One JSON document, or one on each line; with the number of its line."""
    try:
        document = json.loads(text, parse_float=str, parse_int=str)
    except json.JSONDecodeError as error:
        first = text.lstrip().split("\n", 1)[0]
        if _parses(first) and "\n" in text.strip():
            return "line", _lines(name, text)
        raise HlhcliError(
            f"{name}: line {error.lineno}: is not JSON ({error.msg}); is it cut short?"
        ) from None
    items = document if isinstance(document, list) else [document]
    return "entry", [(place, item) for place, item in enumerate(items, 1)]


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def _lines(name: str, text: str) -> list[tuple[int, Any]]:
    documents = []
    for line, part in enumerate(text.splitlines(), 1):
        if part.strip():
            try:
                documents.append((line, json.loads(part, parse_float=str, parse_int=str)))
            except json.JSONDecodeError as error:
                raise HlhcliError(
                    f"{name}: line {line}: is not JSON ({error.msg}); is it cut short?"
                ) from None
    return documents


def _unpack(name: str, line: int, document: Any) -> Iterator[Entry]:  # noqa: ANN401 - any JSON
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise HlhcliError(f"{name}: is JSON but not FHIR: no resourceType; expected a Bundle or NDJSON")
    if document["resourceType"] != "Bundle":
        yield Entry(line, document, f"{document['resourceType']}/{document.get('id', '')}")
        return
    for place, entry in enumerate(items(document.get("entry")), 1):
        resource = record(record(entry).get("resource"))
        if resource:
            own = f"{resource.get('resourceType', '')}/{resource.get('id', '')}"
            yield Entry(place, resource, str(record(entry).get("fullUrl") or own))


def found(entries: Sequence[Entry]) -> str:
    """What a file has, for the message that something else is missing."""
    kinds = Counter(entry.kind for entry in entries)
    return "has " + (", ".join(f"{count} {kind}" for kind, count in kinds.most_common(4)) or "no resources")
