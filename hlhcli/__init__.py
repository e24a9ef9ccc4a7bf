"""Changes of laboratory values around interventions."""

__version__ = "0.1.0"
