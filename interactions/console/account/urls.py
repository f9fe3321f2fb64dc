"""URLs for logging in and for the account: django-allauth's views, under allauth's names."""

from allauth.account import views as accounts
from allauth.mfa.base import views as second_factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount.views import login_cancelled
from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.urls import path

from interactions.console.account import account, notifications, providers, reset, second_factor

_log_in = accounts.LoginView.as_view(extra_context={"sends_mail": lambda: settings.SENDS_MAIL})

urlpatterns = [
    path("login/", _log_in, name="login"),
    path("login/", _log_in, name="account_login"),
    path("login/second-factor/", second_factors.authenticate, name="mfa_authenticate"),
    path("login/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("login/with/<slug:provider_id>/", providers.log_in, name="openid_connect_login"),
    path("login/with/<slug:provider_id>/callback/", providers.callback, name="openid_connect_callback"),
    path("login/cancelled/", login_cancelled, name="socialaccount_login_cancelled"),
    path("login/password/", reset.ask, name="account_reset_password"),
    path("login/password/sent/", reset.sent, name="account_reset_password_done"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("set-password/<str:uidb36>/<str:key>/", accounts.password_reset_from_key, name="set_password"),
    path(
        "set-password/<str:uidb36>/<str:key>/",
        accounts.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("account/", account.account, name="account"),
    path("account/notifications/", notifications.my_notifications, name="my_notifications"),
    path("account/confirm/", accounts.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code/", second_factors.reauthenticate, name="mfa_reauthenticate"),
    path("account/second-factor/", second_factors.index, name="mfa_index"),
    path("account/second-factor/app/", app.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/app/remove/", second_factor.remove_app, name="mfa_deactivate_totp"),
    path("account/confirm/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/second-factor/passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("account/second-factor/passkeys/new/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/second-factor/passkeys/<int:pk>/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/second-factor/passkeys/<int:pk>/remove/", second_factor.remove_passkey, name="mfa_remove_webauthn"),
    path("account/second-factor/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/second-factor/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/second-factor/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]
