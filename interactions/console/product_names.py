"""Names of products: upload a file, look at what was read, use it, and remove it again."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interactions.console.gate import person
from interactions.errors import DojoError
from interactions.models import Environment, ProductNameList
from interactions.product_names import change
from interactions.product_names.lookup import first_of, in_use

_SHOWN: Final = 10


class ProductNamesForm(forms.Form):
    """A file of ids and names."""

    file = forms.FileField(label="CSV or JSON file")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def product_names(request: HttpRequest, environment: str) -> HttpResponse:
    """The names in use. POST uploads a file or takes ``groups`` of the data, and leads to what was read."""
    here = get_object_or_404(Environment, slug=environment)
    if "groups" in request.POST:
        return _from_groups(request, here)
    form = ProductNamesForm(request.POST, request.FILES) if request.method == "POST" else ProductNamesForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            names = change.upload(here, file.read(), file.name, person(request))
        except DojoError as error:
            form.add_error("file", str(error))
        else:
            return redirect("product_names_check", environment=here.slug, pk=names.pk)
    return render(request, "product_names/page.html", _context(here, in_use(here)) | {"form": form})


def _from_groups(request: HttpRequest, here: Environment) -> HttpResponse:
    try:
        names = change.take_from_groups(here, person(request))
    except DojoError as error:
        messages.error(request, str(error))
        return redirect("product_names", environment=here.slug)
    return redirect("product_names_check", environment=here.slug, pk=names.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def product_names_check(request: HttpRequest, environment: str, pk: int) -> HttpResponse:
    """What was read from a file. POST uses the names, or discards them."""
    names = get_object_or_404(
        ProductNameList.objects.select_related("environment"), pk=pk, environment__slug=environment
    )
    if request.method == "POST":
        if "discard" in request.POST:
            change.discard(names)
        else:
            change.use(names)
            messages.success(request, f"{names.names:,} products have a name now.")
    if request.method == "POST" or names.is_in_use:
        return redirect("product_names", environment=environment)
    return render(request, "product_names/check.html", _context(names.environment, names))


@require_POST
def product_names_remove(request: HttpRequest, environment: str) -> HttpResponse:
    """Remove all names."""
    here = get_object_or_404(Environment, slug=environment)
    change.remove(here)
    messages.success(request, "The names were removed. Pages show only ids.")
    return redirect("product_names", environment=environment)


def _context(here: Environment, names: ProductNameList | None) -> dict[str, Any]:
    return {"environment": here, "names": names, "some": first_of(names, _SHOWN) if names else {}}
