"""Compiled passes over the events of a run, a module per subject.

Each pass goes over the people from ``first`` to before ``last`` of a run, whose events begin at ``starts``; it skips
``dead`` people and events outside the ``mask``, both empty where there are none. It adds to arrays that it is given,
so that several threads can each go over a share of the people.
"""
