"""FHIR resources to tidy tables of results and of medications."""

from hlhcli.readers.fhir.entries import is_json
from hlhcli.readers.fhir.medications import interventions_of
from hlhcli.readers.fhir.results import labs_of

__all__ = ["interventions_of", "is_json", "labs_of"]
