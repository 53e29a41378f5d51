"""How hypothesis runs on this floor."""

from hypothesis import settings

# A deadline per example measures the machine's other work, and fails whoever happens to load a table first.
settings.register_profile("lienthong", deadline=None)
settings.load_profile("lienthong")
