"""Settings of all tests."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # how long a machine takes says nothing of the code
settings.load_profile("untimed")
