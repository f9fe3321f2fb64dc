"""django-allauth's settings that operators don't have to change, and its rate limits, derived from two of Dojo's."""

from typing import Any, Final

FIXED: Final[dict[str, Any]] = {
    "ACCOUNT_ADAPTER": "interactions.access.sign_on.accounts.AccountAdapter",
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    "ACCOUNT_SIGNUP_ENABLED": False,  # members are added by owners, or come from a provider
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,  # no mail to addresses without a log-in
    "ACCOUNT_SESSION_REMEMBER": True,
    "ACCOUNT_LOGIN_ON_PASSWORD_RESET": True,  # after the second factor
    "ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR": "django.contrib.auth.tokens.PasswordResetTokenGenerator",
    "ACCOUNT_REAUTHENTICATION_METHODS": ("password", "mfa"),
    "ACCOUNT_FORMS": {
        "login": "interactions.console.account.forms.LogInForm",
        "reset_password_from_key": "interactions.console.account.forms.NewPasswordForm",
        "user_token": "interactions.console.account.forms.LinkForm",
        "reauthenticate": "interactions.console.account.forms.ConfirmForm",
        "reset_password": "interactions.console.account.forms.MailForm",
    },
    "MFA_ADAPTER": "interactions.access.sign_on.second_factor.SecondFactorAdapter",
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_RATE_LIMITS": {"webauthn_login": None},  # passkeys can't be guessed, and an office may share one address
    "MFA_ALLOW_UNVERIFIED_EMAIL": True,  # owners enter e-mail addresses, not strangers
    "MFA_TOTP_ISSUER": "Dojo",
    "MFA_TOTP_TOLERANCE": 1,  # clocks of phones and servers differ by some seconds
    "MFA_FORMS": {
        "authenticate": "interactions.console.account.forms.CodeForm",
        "reauthenticate": "interactions.console.account.forms.ConfirmCodeForm",
        "activate_totp": "interactions.console.account.forms.AppForm",
        "add_webauthn": "interactions.console.account.forms.PasskeyForm",
        "edit_webauthn": "interactions.console.account.forms.PasskeyNameForm",
    },
    "SOCIALACCOUNT_ADAPTER": "interactions.access.sign_on.providers.ProviderAdapter",
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
    "SOCIALACCOUNT_LOGIN_ON_GET": True,  # our pages' policy lets no form lead elsewhere
}
MINUTES: Final = 15  # in which failures are counted
OF_NAME: Final = "log_in_failed_of_name"
OF_ADDRESS: Final = "log_in_failed_of_address"
_CODES: Final = 10


def rates(*, of_name: int, of_address: int) -> dict[str, str | None]:
    """allauth's rate limits for failures by name and address, and by address; 0 for no limit.

    Codes of second factors always have a limit. It's separate because allauth resets its count after a correct code.
    """
    return {
        "login": None,
        "reauthenticate": None,  # its passwords are counted like those of log-ins
        "reset_password_from_key": None,  # links can't be guessed
        "login_failed": f"{_CODES}/{MINUTES}m/key",
        OF_NAME: f"{of_name}/{MINUTES}m/key" if of_name else None,
        OF_ADDRESS: f"{of_address}/{MINUTES}m/ip" if of_address else None,
    }
