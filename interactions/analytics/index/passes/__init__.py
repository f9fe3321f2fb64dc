"""Compiled passes over the events of a run, a module per subject.

Each pass goes over some people, whose events are from ``begins`` to before ``ends``: of a run, or of ``events``, places
of those in the run that a filter lets through, which is empty without one. It adds to arrays that it is given, so that
several threads can each go over a share of the people.
"""
