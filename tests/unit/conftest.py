"""How the property tests run: no database of examples (no I/O), no deadline (machines differ), and a way to repeat."""

from hypothesis import settings

settings.register_profile("nod", database=None, deadline=None, print_blob=True, max_examples=100)
settings.load_profile("nod")
