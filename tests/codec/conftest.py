"""The same examples every time, however slow the machine: a test that fails, fails for everybody."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "codec",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("codec")
