"""What is asked of interactions. Its door is :mod:`interactions.analytics.reports`."""
