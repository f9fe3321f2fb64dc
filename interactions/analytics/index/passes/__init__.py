"""Compiled passes over the events of a run, a module per subject.

Each pass goes over the events of some people in ``[begins, ends)``. These are positions in the run or, with a filter,
in ``events``, which has the positions of events that pass. A pass adds to arrays given by the caller, so that each
thread can process a share of the people.
"""
