"""The same examples every time: a test that passes today passes tomorrow."""

from hypothesis import settings

settings.register_profile("rules", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("rules")
