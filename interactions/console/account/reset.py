"""A link by e-mail for a forgotten password, if EMAIL_URL names a server."""

from __future__ import annotations

from allauth.account import views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse


@login_not_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the e-mail address. The answer is the same whether a member has it or not."""
    _need_mail()
    response: HttpResponse = views.password_reset(request)
    return response


@login_not_required
def sent(request: HttpRequest) -> HttpResponse:
    """Say that the mail is on its way, if there is someone to send it to."""
    _need_mail()
    response: HttpResponse = views.password_reset_done(request)
    return response


def _need_mail() -> None:
    if not settings.SENDS_MAIL:
        raise Http404("Dojo can't send e-mail.")
