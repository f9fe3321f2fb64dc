"""Send a notification by e-mail, through the server of EMAIL_URL."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from interactions.errors import DojoError
from interactions.models import Notification, NotificationChannel
from interactions.notifications import addresses
from interactions.notifications.links import link


class MailFailed(DojoError):
    """The mail server refused, or can't be reached. The message says what it answered."""


def send(channel: NotificationChannel, notification: Notification) -> None:
    """Raises MailFailed, AddressRefused, SecretUnreadable."""
    if not settings.SENDS_MAIL:
        raise MailFailed("EMAIL_URL isn't set, so Dojo can't send e-mail.")
    to = _to(channel)
    address = link(notification.path)
    text = notification.text + (f"\n\n{address}" if address and address not in notification.text else "")
    mail = EmailMultiAlternatives(
        _subject(notification.title), f"{text}\n", None, to, headers={"Auto-Submitted": "auto-generated"}
    )
    if notification.html:
        mail.attach_alternative(notification.html, "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise MailFailed(_said(code, said)) from error
    except smtplib.SMTPResponseException as error:
        raise MailFailed(_said(error.smtp_code, error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"The mail server can't be reached ({type(error).__name__}).") from error


def _to(channel: NotificationChannel) -> list[str]:
    if channel.user is None:
        return addresses.emails(addresses.opened(channel.address))
    if not channel.user.email:
        raise MailFailed("Your account has no e-mail address.")
    return [channel.user.email]


def _subject(title: str) -> str:
    return " ".join(title.split())


def _said(code: int, said: bytes | str) -> str:
    """The server's answer, without addresses."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    words = ["…" if "@" in word else word for word in text.split()]
    return f"The server said {code} {' '.join(words)}"[:300]
