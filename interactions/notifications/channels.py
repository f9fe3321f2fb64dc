"""Add, change, pause and remove channels. What owners do is in the activity log, without addresses."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction

from interactions.access import audit
from interactions.access.audit import Action
from interactions.errors import DojoError
from interactions.models import Environment, NotificationChannel, NotificationRules
from interactions.notifications import addresses, messages
from interactions.notifications.events import CHOICES, chosen

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Kind = NotificationChannel.Kind
MOST: Final = 50  # channels of an environment


class ChannelRefused(DojoError):
    """A channel can't be added like this. The message is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class AddedChannel:
    """A new channel, and for a webhook the secret that signs what it gets; it's shown this once."""

    channel: NotificationChannel
    secret: str = ""


def add(
    environment: Environment, kind: str, address: str, events: list[str], *, by: User | None = None
) -> AddedChannel:
    """Add a channel of an environment. Raises ChannelRefused, AddressRefused."""
    if kind not in Kind.values:
        raise ChannelRefused("Choose a kind of channel.")
    if not chosen(events):
        raise ChannelRefused("Choose at least one event.")
    whole, label = _checked(kind, address)
    secret = f"dojo_{secrets.token_urlsafe(32)}" if kind == Kind.WEBHOOK else ""
    with transaction.atomic():
        Environment.objects.select_for_update(no_key=True).get(pk=environment.pk)
        others = list(environment.notification_channels.filter(user=None))
        if len(others) >= MOST:
            raise ChannelRefused(f"An environment has at most {MOST} channels.")
        if any(other.kind == kind and addresses.is_same(other.address, whole) for other in others):
            raise ChannelRefused("There is already a channel with this address.")
        channel = NotificationChannel.objects.create(
            environment=environment,
            kind=kind,
            label=label,
            address=addresses.sealed(whole),
            secret=addresses.sealed(secret),
            events=chosen(events),
        )
        _note(channel, "added", by)
    return AddedChannel(channel, secret)


def _checked(kind: str, address: str) -> tuple[str, str]:
    """The address as it's stored, and its label."""
    if kind == Kind.EMAIL:
        found = addresses.emails(address)
        return ", ".join(found), found[0] + (f" and {len(found) - 1} more" if len(found) > 1 else "")
    if kind == Kind.WEBHOOK:
        url = addresses.webhook(address)
        return url, addresses.webhook_label(url)
    url = addresses.service(address, by_owner=True)
    return url, addresses.service_label(url)


def change_events(channel: NotificationChannel, events: list[str], *, by: User | None = None) -> None:
    """Choose the events of a channel. Raises ChannelRefused if there are none."""
    if not chosen(events):
        raise ChannelRefused("Choose at least one event, or pause the channel.")
    with transaction.atomic():
        if (
            NotificationChannel.objects.filter(pk=channel.pk)
            .exclude(events=chosen(events))
            .update(events=chosen(events))
        ):
            channel.events = chosen(events)
            _note(channel, "changed", by)


def pause(channel: NotificationChannel, *, is_paused: bool, by: User | None = None) -> None:
    """Pause a channel or resume it. Events in between aren't sent later."""
    with transaction.atomic():
        rows = NotificationChannel.objects.filter(pk=channel.pk, is_paused=not is_paused)
        if rows.update(is_paused=is_paused):
            _note(channel, "paused" if is_paused else "resumed", by)


def remove(channel: NotificationChannel, *, by: User | None = None) -> None:
    """Remove a channel and its deliveries."""
    with transaction.atomic():
        if NotificationChannel.objects.filter(pk=channel.pk).exists():
            _note(channel, "removed", by)
            NotificationChannel.objects.filter(pk=channel.pk).delete()


def set_rules(environment: Environment, *, quiet_minutes: int, refused_percent: int, by: User | None = None) -> None:
    """Set the thresholds for silence and refused records."""
    before = messages.rules_of(environment.pk)
    new = {"quiet_minutes": quiet_minutes, "refused_percent": refused_percent}
    with transaction.atomic():
        if {name: getattr(before, name) for name in new} == new:
            return
        NotificationRules.objects.update_or_create(environment=environment, defaults=new)
        audit.note(
            Action.SETTINGS_CHANGED,
            by=by,
            environment=environment,
            object="notification rules",
            details={
                "before": f"{before.quiet_minutes} minutes, {before.refused_percent}%",
                "after": f"{quiet_minutes} minutes, {refused_percent}%",
            },
        )


@dataclass(frozen=True, slots=True)
class OwnChoice:
    """The events that a member chose for an environment: by e-mail, and through a service if there is one."""

    events: list[str]
    is_weekly: bool = False
    service: str = ""
    drops_service: bool = False


def choose(user: User, environment: Environment, choice: OwnChoice) -> None:
    """Save a member's own choice. A new ``service`` replaces the one before. Raises AddressRefused."""
    wanted = chosen(choice.events)
    rows = NotificationChannel.objects.filter(user=user, environment=environment)
    service = None
    if choice.service:
        url = addresses.service(choice.service, by_owner=False)
        service = {"label": addresses.service_label(url), "address": addresses.sealed(url)}
    with transaction.atomic():
        if wanted or choice.is_weekly:
            mail = {"label": "Your e-mail", "events": wanted, "is_weekly": choice.is_weekly, "is_paused": False}
            rows.update_or_create(user=user, environment=environment, kind=Kind.EMAIL, defaults=mail)
        else:
            rows.filter(kind=Kind.EMAIL).delete()
        if choice.drops_service and service is None:
            rows.filter(kind=Kind.SERVICE).delete()
        if service is not None:
            defaults = {**service, "events": wanted}
            rows.update_or_create(user=user, environment=environment, kind=Kind.SERVICE, defaults=defaults)
        rows.filter(kind=Kind.SERVICE).update(events=wanted)


def _note(channel: NotificationChannel, did: str, by: User | None) -> None:
    told = [event.label for event in CHOICES if event in channel.events]
    audit.note(
        Action.SETTINGS_CHANGED,
        by=by,
        environment=channel.environment,
        object=f"notification channel {channel.pk}",
        details={"what": did, "kind": channel.get_kind_display(), "events": told},
    )
