"""Notifications: tell members and channels what happened, once, by e-mail, chat services and webhooks.

Use cases call :func:`interactions.notifications.tell.tell` in the transaction of what happened. It only adds rows, and
workers deliver them (:mod:`interactions.notifications.deliver`), so a channel that fails never holds up anything else.
No message names anybody in the data.
"""
