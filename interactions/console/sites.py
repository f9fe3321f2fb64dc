"""Shops and sites on the API page, as data: code to paste, and where to paste it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Site:
    """A kind of shop or site, with the steps to set it up; ``text`` is empty if nothing has to be pasted."""

    id: str
    label: str
    steps: tuple[str, ...]
    text: str = ""


_SHOPIFY: Final = (
    "In Shopify, open Settings, then Customer events, and add a custom pixel.",
    "Under Customer privacy, set Permission to Required, and choose Analytics.",
    "Replace the code there with this code, save it, and connect the pixel.",
    "Browsers lose some orders. Add a Shopify connection as well, which takes them by webhook: each order counts once.",
)
_WORDPRESS: Final = (
    "Download the plugin. In WordPress, open Plugins, Add New, Upload Plugin, choose the file, and activate it.",
    "In Dojo, create a publishable key with your site as its origin, and a secret key.",
    "In WordPress, open Settings, Dojo Interactions. Enter {host} and both keys, save, and click Test connection.",
    "WooCommerce's carts and orders are sent, too. If its webhooks send orders as well, each order counts once.",
)
_TAG_MANAGER: Final = (
    "In Google Tag Manager, add a tag of the type Custom HTML, and paste this code into it.",
    "Choose the trigger Initialization - All Pages.",
    "Under Advanced Settings, Consent Settings, require analytics_storage, if you ask your visitors for consent.",
    "Publish the container. The GA4 ecommerce events that your site pushes into its dataLayer become interactions.",
)
_PLAIN: Final = (
    "Paste this code into the head of your pages. You can serve the client's file from your own site instead.",
    "Call upload where something happens, with any of the interactions described below.",
)
_SITES: Final = (
    ("shopify", "Shopify", _SHOPIFY, True),
    ("wordpress", "WordPress", _WORDPRESS, False),
    ("tag_manager", "Google Tag Manager", _TAG_MANAGER, True),
    ("site", "Any site", _PLAIN, True),
)


def sites(names: Mapping[str, str]) -> list[Site]:
    """All of them. ``names`` has the ``host`` and the ``publishable_key`` for the code."""
    return [
        Site(
            name,
            label,
            tuple(step.format(**names) for step in steps),
            render_to_string(f"api/snippets/{name}.txt", dict(names)).strip() if has_code else "",
        )
        for name, label, steps, has_code in _SITES
    ]


@require_safe
def wordpress_plugin(request: HttpRequest, environment: str) -> HttpResponse:
    """Download the WordPress plugin, zipped like ``make plugin`` does."""
    # The folder isn't part of the application.
    from integrations.wordpress.package import package

    answer = HttpResponse(package(), content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="dojo-interactions.zip"'
    return answer
