"""Compiled passes over the events of a run, a module per subject.

Each pass goes over some people of a run, whose events are from ``begins`` to before ``ends``, and skips events outside
the ``mask``, which is empty where there is none. It adds to arrays that it is given, so that several threads can each
go over a share of the people.
"""
