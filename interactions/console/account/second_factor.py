"""Remove a second factor, unless the member's role requires it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.views import DeactivateTOTPView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views import View

from interactions.console.gate import person


class _OneAtATime(View):
    """Lock the user, so that two tabs can't remove the last two factors at once."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            User.objects.select_for_update().get(pk=person(request).pk)
            return super().dispatch(request, *args, **kwargs)


class RemoveApp(_OneAtATime, DeactivateTOTPView):
    """allauth's view, which asks the adapter."""


class RemovePasskey(_OneAtATime, RemoveWebAuthnView):
    """allauth's view, which doesn't ask the adapter."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"refused": self._refused()}

    def form_valid(self, form: Any) -> HttpResponse:
        if self._refused():
            refused: HttpResponse = self.render_to_response(self.get_context_data(form=form))
            return refused
        removed: HttpResponse = super().form_valid(form)
        return removed

    def _refused(self) -> str:
        """Why this factor can't be removed; empty if it can."""
        adapter = get_adapter()
        may_go = adapter.can_delete_authenticator(self.object)
        return "" if may_go else str(adapter.error_messages["cannot_delete_authenticator"])


remove_app = RemoveApp.as_view()
remove_passkey = RemovePasskey.as_view()
