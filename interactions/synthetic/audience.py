"""The shop's visitors: people by number, their devices, and how they get to the shop."""

from hashlib import blake2b
from typing import NamedTuple

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Macintosh; Intel Mac OS X 10_15_7"
_WINDOWS = "Windows NT 10.0; Win64; x64"


def _chrome(platform: str, version: int, form: str = "") -> str:
    return f"Mozilla/5.0 ({platform}) {_WEBKIT} Chrome/{version}.0.0.0 {form}Safari/537.36"


def _firefox(platform: str, version: int) -> str:
    return f"Mozilla/5.0 ({platform}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"


def _safari(platform: str, version: str, form: str = "") -> str:
    return f"Mozilla/5.0 ({platform}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} {form}Safari/605.1.15"


def _iphone(system: str, version: str) -> str:
    return _safari(f"iPhone; CPU iPhone OS {system} like Mac OS X", version, "Mobile/15E148 ")


DESKTOPS = (
    *(_chrome(_WINDOWS, version) for version in (128, 129, 130, 131)),
    *(_chrome(_MAC, version) for version in (129, 131)),
    _chrome("X11; Linux x86_64", 131),
    *(_chrome(_WINDOWS, version) + f" Edg/{version}.0.0.0" for version in (130, 131)),
    _firefox(_WINDOWS, 132),
    _firefox("Macintosh; Intel Mac OS X 10.15", 132),
    _firefox("X11; Ubuntu; Linux x86_64", 128),
    _safari(_MAC, "17.6"),
    _safari(_MAC, "18.1"),
)
HANDHELDS = (
    _iphone("16_7_10", "16.6"),
    _iphone("17_6_1", "17.6"),
    _iphone("18_1", "18.1"),
    _chrome("Linux; Android 10; K", 129, "Mobile "),
    _chrome("Linux; Android 10; K", 131, "Mobile "),
    _chrome("Linux; Android 14; Pixel 8", 130, "Mobile "),
    _chrome("Linux; Android 13; SM-S911B", 130, "Mobile "),
    _chrome("Linux; Android 13; SAMSUNG SM-A546B", 122, "Mobile ").replace(" Chrome", " SamsungBrowser/26.0 Chrome"),
    "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
    _safari("iPad; CPU OS 17_6 like Mac OS X", "17.6", "Mobile/15E148 "),
    _chrome("Linux; Android 13; SM-X700", 129),
)
# Locale, region, store; a place named twice has twice the people.
PLACES = (
    ("en-US", "California", "us"), ("en-US", "California", "us"), ("en-US", "New York", "us"),
    ("en-US", "Texas", "us"), ("en-US", "Washington", "us"), ("es-US", "Florida", "us"),
    ("en-GB", "England", "uk"), ("en-GB", "England", "uk"), ("en-GB", "Scotland", "uk"),
    ("de-DE", "Bayern", "eu"), ("de-DE", "Berlin", "eu"), ("de-AT", "Wien", "eu"), ("de-CH", "Zürich", "eu"),
    ("fr-FR", "Île-de-France", "eu"), ("fr-FR", "Occitanie", "eu"), ("fr-CA", "Québec", "ca"),
    ("en-CA", "Ontario", "ca"), ("nl-NL", "Noord-Holland", "eu"), ("sv-SE", "Skåne", "eu"),
    ("es-ES", "Cataluña", "eu"), ("it-IT", "Lombardia", "eu"), ("pt-BR", "São Paulo", "br"),
    ("ja-JP", "東京都", "jp"), ("ja-JP", "大阪府", "jp"), ("en-AU", "Victoria", "au"), ("zh-TW", "臺北市", "tw"),
)  # fmt: skip


class Visitor(NamedTuple):
    """A person on a device. `user_id` is None without an account."""

    anonymous_id: str
    user_id: str | None
    user_agent: str
    locale: str
    region: str
    store: str
    truncated_ip: str
    favourite: int
    """A number from 0 to 255 that determines their favorite shelf."""


def visitor(number: int, *, on_second_device: bool = False) -> Visitor:
    """Return person `number` (0 and up). The same number is always the same person, regardless of the seed.

    Nothing is stored, so any number of people takes no memory.
    """
    household = _traits(f"household {number // 2}")
    person = _traits(f"person {number}")
    shares_device = household[0] < 8  # about 3 in 100 households: two accounts, one browser
    if shares_device:
        device = household
    elif on_second_device:
        device = _traits(f"second device {number}")
    else:
        device = person
    has_account = shares_device or person[1] < 138
    models = HANDHELDS if device[2] < 148 else DESKTOPS
    locale, region, store = PLACES[household[3] % len(PLACES)]
    return Visitor(
        anonymous_id=_uuid(device),
        user_id=f"u{person[4:6].hex()}{number:06d}" if has_account else None,
        user_agent=models[device[7] % len(models)],
        locale=locale,
        region=region,
        store=store,
        # The carrier-grade range (RFC 6598), so that no network's real address appears.
        truncated_ip=f"100.{64 + household[8] % 64}.{household[9]}.0",
        favourite=person[10],
    )


def _traits(of: str) -> bytes:
    return blake2b(of.encode(), digest_size=32).digest()


def _uuid(traits: bytes) -> str:
    digits = traits[16:].hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class WayIn(NamedTuple):
    """A way into the shop. `landings` are the pages it leads to; repeated ones are more likely."""

    weight: int
    referrer: str | None
    landings: tuple[str, ...]
    campaign: dict[str, str] | None = None
    runs: tuple[float, float] = (0.0, 1.0)
    """When it's available: start and end as fractions of the period."""


ARRIVALS = (
    WayIn(28, None, ("home", "home", "home", "category", "search", "product")),
    WayIn(22, "https://www.google.com/", ("product", "product", "category", "story", "home")),
    WayIn(5, "https://www.bing.com/", ("product", "category", "home")),
    WayIn(3, "https://duckduckgo.com/", ("product", "story", "home")),
    WayIn(10, "https://www.google.com/", ("product", "category", "search"), {
        "name": "brand-search", "source": "google", "medium": "cpc", "term": "alder and finch", "content": "text-a"}),
    WayIn(7, "https://www.google.com/", ("product",), {
        "name": "shopping-feed", "source": "google", "medium": "cpc", "term": "running shoe", "content": "pla-17"}),
    WayIn(6, "https://l.instagram.com/", ("product", "promo", "story"), {
        "name": "creators-q4", "source": "instagram", "medium": "paid-social", "content": "reel-03"}),
    WayIn(4, "https://l.facebook.com/", ("promo", "category"), {
        "name": "retargeting", "source": "facebook", "medium": "paid-social", "content": "carousel-b"}),
    WayIn(7, None, ("story", "promo", "product"), {
        "name": "weekly-letter", "source": "newsletter", "medium": "email", "content": "hero"}),
    WayIn(3, "https://www.pinterest.com/", ("product", "story")),
    WayIn(3, "https://www.youtube.com/", ("story", "home")),
    WayIn(12, "https://mail.google.com/", ("promo", "promo", "category"), {
        "name": "été-sale", "source": "newsletter", "medium": "email", "content": "banner-2"}, (0.2, 0.35)),
    WayIn(9, "https://www.google.com/", ("promo", "category", "search"), {
        "name": "autumn-launch", "source": "google", "medium": "display", "content": "300x250"}, (0.6, 0.8)),
)  # fmt: skip
