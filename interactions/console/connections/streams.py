"""Pages that add a stream: Kafka topics or a Kinesis stream."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interactions.connectors import SOURCES
from interactions.console.gate import person
from interactions.ingest.streams import change
from interactions.ingest.streams.change import Description, StreamRefused
from interactions.models import Environment, Stream, StreamKind

_PLAIN: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
_SEPARATORS: Final = re.compile(r"[,\s]+")


def _text(label: str, longest: int, example: str, *, required: bool = True, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={**_PLAIN, "placeholder": example})
    return forms.CharField(label=label, max_length=longest, required=required, widget=widget, **more)


class _StreamForm(forms.Form):
    """The fields of any stream."""

    kind: StreamKind

    name = _text("Name (optional)", 100, "Shop events", required=False)
    group = _text("Group", 200, "dojo", initial=change.GROUP)
    source = forms.ChoiceField(
        label="Messages",
        required=False,
        choices=[
            ("", "Recognize each message"),
            *((source.NAME, f"Events of {source.TITLE}") for source in SOURCES.values()),
        ],
    )
    start = forms.ChoiceField(
        label="Start with", choices=Stream.Start.choices, initial=Stream.Start.EARLIEST, widget=forms.RadioSelect
    )


class KafkaForm(_StreamForm):
    kind = StreamKind.KAFKA

    servers = _text("Servers", 1000, "kafka-1:9092, kafka-2:9092", initial=lambda: settings.KAFKA_SERVERS)
    topics = _text("Topics", 2000, "shop-events, app-events")
    field_order = ["servers", "topics", "group", "name"]

    def description(self) -> Description:
        asked = self.cleaned_data
        topics = tuple(_SEPARATORS.split(asked["topics"].strip()))
        servers = ",".join(_SEPARATORS.split(asked["servers"].strip()))
        return Description(self.kind, topics, asked["group"], servers, start=asked["start"])


class KinesisForm(_StreamForm):
    kind = StreamKind.KINESIS

    stream = _text("Stream", 128, "shop-events")
    region = _text("Region (optional)", 40, "eu-central-1", required=False)
    field_order = ["stream", "region", "group", "name"]

    def description(self) -> Description:
        asked = self.cleaned_data
        return Description(
            self.kind, (asked["stream"].strip(),), asked["group"], region=asked["region"].strip(), start=asked["start"]
        )


_FORMS: Final[dict[str, type[KafkaForm] | type[KinesisForm]]] = {
    form.kind.value: form for form in (KafkaForm, KinesisForm)
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def stream_create(request: HttpRequest, environment: str, kind: str) -> HttpResponse:
    """Add a stream. The process ``streams`` starts to read it within seconds. Submitting the form again is refused."""
    here = get_object_or_404(Environment, slug=environment)
    if kind not in _FORMS:
        raise Http404
    form = _FORMS[kind](request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        asked = form.cleaned_data
        try:
            made = change.create(
                here, form.description(), source=asked["source"], name=asked["name"].strip(), user=person(request)
            )
        except StreamRefused as reason:
            form.add_error(None, str(reason))
        else:
            return redirect("connection", environment=here.slug, pk=made.pk)
    context = {"environment": here, "form": form, "kind": StreamKind(kind)}
    answer: HttpResponse = render(request, "connections/stream_create.html", context)
    return answer
