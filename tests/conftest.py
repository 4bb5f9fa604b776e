"""Settings that every test shares."""

from hypothesis import HealthCheck, settings

# The first example of a compiled law waits for the compiler, and a busy machine is slow at any time: no failure.
settings.register_profile("iceball", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("iceball")
