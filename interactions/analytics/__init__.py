"""Reports on interactions. The public interface is :mod:`interactions.analytics.reports`."""
