"""How property tests run: no database of examples (no I/O), no demands on speed, and a way to repeat a failure."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "nod",
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    max_examples=100,
)
settings.load_profile("nod")
