"""Check typed records all at once, without making columns of them: what a call needs before it is answered.

Written as JSON again, records tell most of it at the speed of msgspec: an object that came without anything in it is
``{}``, and where a key came twice, the text that came has more keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from interactions.codec.custom import ABSENT, Custom, Customs, NotPlain
from interactions.codec.instants import is_instant
from interactions.codec.record import Interaction
from interactions.codec.table import Doubtful, keys_in, nulls_in
from interactions.codec.values import is_ipv4, is_uuid

_encode = msgspec.json.Encoder().encode
_SOME = msgspec.Raw(b"0")  # in the place of a custom_context, which is looked at by itself
# Other spellings of a quote and a colon: once they are written anew, a string may read like a key that it was not.
_DISGUISED = (rb"\u0022", rb"\u003a", rb"\u003A")


def check_whole(records: Sequence[Interaction], text: bytes, known: Customs) -> None:
    """Raises Doubtful, or what msgspec raises, where one of the records may break a rule: look at each by itself.

    ``text`` is their JSON, ``known`` remembers custom_contexts. What passes here passes ``to_table``, too. The records
    are of no use afterwards: their custom_contexts are taken away.
    """
    if rb"\u00" in text and any(spelling in text for spelling in _DISGUISED):
        raise Doubtful("keys")
    contexts = [record.context for record in records if record.context is not None]
    if not all(map(is_ipv4, filter(None, {context.truncated_ip for context in contexts}))):
        raise Doubtful("truncated_ip")
    if not all(is_uuid(one) for one in {record.miso_id for record in records} if one is not None):
        raise Doubtful("miso_id")
    if not all(is_instant(record.timestamp) for record in records if record.timestamp is not None):
        raise Doubtful("timestamp")
    try:
        customs = [known[bytes(context.custom_context)] for context in contexts]
    except NotPlain as error:
        raise Doubtful("custom_context") from error
    for context, custom in zip(contexts, customs, strict=True):
        context.custom_context = ABSENT if custom.extra is None else _SOME
    _check_keys(text, _encode(records), customs)


def _check_keys(text: bytes, written: bytes, customs: Iterable[Custom]) -> None:
    """No object was empty, and no key was given twice: ``text`` has as many keys as ``written``, and those of nulls.

    What reads like a key within a string does so in both.
    """
    if b"{}" in written:
        raise Doubtful("{}")
    more = keys_in(text) - keys_in(written) - sum(custom.keys for custom in customs)
    if more and more != nulls_in(text) - nulls_in(written) - sum(custom.nulls for custom in customs):
        raise Doubtful("keys")
