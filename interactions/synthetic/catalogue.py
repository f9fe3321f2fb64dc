"""What the shop sells and publishes. Built once per process and the same for every seed."""

import random
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

SITE = "https://alderfinch.example"
SHOP_NAME = "Alder & Finch"

# Department, section, shelf -> what stands on the shelf. The order is the order of popularity.
SHELVES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("Women", "Clothing", "Dresses"): ("wrap dress", "shirt dress", "slip dress", "maxi dress"),
    ("Men", "Shoes", "Sneakers"): ("court sneaker", "trail sneaker", "canvas sneaker", "running shoe"),
    ("Home", "Kitchen", "Coffee"): ("café press", "pour-over kettle", "espresso cup", "burr grinder"),
    ("Women", "Shoes", "Boots"): ("ankle boot", "rain boot", "chelsea boot"),
    ("Electronics", "Audio", "Headphones"): ("studio headphones", "wireless earbuds", "sport earbuds"),
    ("Home", "Living", "Lighting"): ("table lamp", "floor lamp", "pendant lamp", "reading light"),
    ("Men", "Clothing", "Shirts"): ("oxford shirt", "flannel shirt", "linen shirt", "polo shirt"),
    ("Home", "Tableware", "和食器"): ("湯のみ", "急須", "茶碗", "ramen bowl"),
    ("Outdoor", "Camping", "Tents"): ("ridge tent", "dome tent", "tarp shelter"),
    ("Home", "Bedroom", "Bedding"): ("duvet cover", "linen sheet set", "pillow pair"),
    ("Electronics", "Home", "Speakers"): ("shelf speaker", "shower speaker", "sound bar"),
    ("Kids", "Toys", "Building"): ("marble run", "block set", "train track"),
    ("Women", "Clothing", "Knitwear"): ("cardigan", "roll-neck sweater", "poncho"),
    ("Beauty", "Skin", "Crèmes"): ("crème de nuit", "hand crème", "day lotion"),
    ("Men", "Clothing", "Jackets"): ("rain jacket", "bomber jacket", "down vest"),
    ("Outdoor", "Cycling", "Bags"): ("pannier", "handlebar bag", "frame bag"),
    ("Home", "Kitchen", "Baking"): ("crème brûlée dish", "tart tin", "bread crock"),
    ("Books", "Cooking", "Regional"): ("noodle cookbook", "bakery cookbook", "grill cookbook"),
    ("Kids", "Clothing", "Rainwear"): ("puddle suit", "rain hat"),
    ("Garden", "Tools", "Hand tools"): ("pruning shears", "hand trowel", "seed dibber"),
    ("Office", "Desk", "Stationery"): ("dot notebook", "gel pen set", "desk tray"),
    ("Pets", "Dogs", "Leads"): ("rope lead", "padded harness"),
    ("Sport", "Yoga", "Mats"): ("cork mat", "travel mat", "yoga block"),
    ("Electronics", "Desk", "Keyboards"): ("compact keyboard", "wrist rest"),
}
BRANDS = ("Alder", "Finch & Co", "Nordlys", "Maison Élan", "Hinoki", "Hatch", "Tern", "Wilder", "Ostra", "Pine Row")
COLOURS = ("black", "sand", "forest", "indigo", "rust", "ivory", "slate", "plum")
SEARCHED_AS_WELL = (
    "gift for her", "gift for him", "sale", "gift card", "café", "crème brûlée", "日本語", "湯のみ ギフト",
    "急須 おすすめ", "Geschenk für Mama", "número de pedido", "wool", "linen", "size 42", "returns", "black friday",
    "housewarming", "under 50", "vegan leather", "thé vert", "お茶",
)  # fmt: skip
TOPICS = (
    "slow coffee", "small gardens", "wool care", "rainy-day hikes", "a calmer desk", "sourdough", "bike touring",
    "Japanese tea", "café chairs", "capsule wardrobes", "better sleep", "first tents", "木のうつわ", "crème pâtissière",
)  # fmt: skip
HEADINGS = ("A guide to {}", "What we learned about {}", "{}: ten questions", "The makers: {}", "Five ideas for {}")
MEDIA = (("read", "journal", "art", 5), ("watch", "films", "vid", 2), ("listen", "podcast", "pod", 1))


class SitePage(NamedTuple):
    """A page of the site, as `context.page` names it."""

    url: str
    title: str


class Article(NamedTuple):
    """An article for sale. `fields` are the fields of its interactions; copy them before returning them."""

    product_id: str
    fields: dict[str, list[str]]
    cents: int
    page: SitePage
    shelf: int


class Shelf(NamedTuple):
    """A category with its products, most popular first."""

    path: tuple[str, ...]
    page: SitePage
    products: list[Article]


class Story(NamedTuple):
    """A piece of content; `verb` is the type of the interaction with it: read, watch or listen."""

    verb: str
    fields: dict[str, list[str]]
    page: SitePage


class Phrase(NamedTuple):
    """Something people type into the search box, and the shelf its results come from."""

    keywords: str
    page: SitePage
    shelf: int


class Catalogue(NamedTuple):
    """Everything in the shop; each list is ordered from the most to the least popular."""

    shelves: list[Shelf]
    products: list[Article]
    phrases: list[Phrase]
    stories: list[Story]


@cache
def catalogue() -> Catalogue:
    """Return the shop's catalogue: some 2,400 products, 200 search phrases and 560 stories."""
    rng = random.Random("alder and finch")
    numbers = iter(rng.sample(range(1000, 100_000), 10_000))  # no number is given out twice
    shelves = [_shelf(rng, numbers, place, path) for place, path in enumerate(SHELVES)]
    products = [product for shelf in shelves for product in shelf.products]
    rng.shuffle(products)
    return Catalogue(shelves, products, _phrases(rng), _stories(rng))


def _shelf(rng: random.Random, numbers: Iterator[int], place: int, path: tuple[str, ...]) -> Shelf:
    products = [
        product
        for noun in SHELVES[path]
        for brand in rng.sample(BRANDS, 7)
        for product in _variants(rng, numbers, place, brand, noun)
    ]
    rng.shuffle(products)
    page = SitePage(f"{SITE}/c/{_slug(' '.join(path))}", f"{' / '.join(path[1:])} | {SHOP_NAME}")
    return Shelf(path, page, products)


def _variants(rng: random.Random, numbers: Iterator[int], place: int, brand: str, noun: str) -> list[Article]:
    """Return the colours one article comes in. Most articles have a product group, some have none."""
    group = {"product_group_ids": [f"G{next(numbers):06d}"]} if rng.random() < 0.8 else {}
    cents = round(min(40_000, 600 + rng.lognormvariate(7.8, 0.8)) / 50) * 50 - rng.choice((0, 1, 5))
    variants = []
    for colour in rng.sample(COLOURS, rng.randint(3, 7)):
        # Ids with leading zeros are common in retail, and the first thing that a careless reader breaks.
        number, handle = next(numbers), _slug(noun)
        is_plain = rng.random() < 0.2 or "%" in handle
        product_id = f"{number:08d}" if is_plain else f"{handle}-{number}"
        page = SitePage(f"{SITE}/p/{_slug(f'{brand} {noun} {colour}')}-{number}", f"{brand} {noun}, {colour}")
        variants.append(Article(product_id, {"product_ids": [product_id], **group}, cents, page, place))
    return variants


def _phrases(rng: random.Random) -> list[Phrase]:
    said = [(noun, place) for place, nouns in enumerate(SHELVES.values()) for noun in nouns]
    said += [(f"{rng.choice(COLOURS)} {noun}", place) for noun, place in said]
    said += [(phrase, rng.randrange(len(SHELVES))) for phrase in SEARCHED_AS_WELL]
    rng.shuffle(said)
    return [
        Phrase(
            keywords, SitePage(f"{SITE}/search?q={quote_plus(keywords)}", f"Search: {keywords} | {SHOP_NAME}"), place
        )
        for keywords, place in said
    ]


def _stories(rng: random.Random) -> list[Story]:
    stories = []
    for verb, section, prefix, editions in MEDIA:
        for number in range(editions * len(TOPICS) * len(HEADINGS)):
            edition, kind = divmod(number, len(TOPICS) * len(HEADINGS))
            topic, heading = TOPICS[kind % len(TOPICS)], HEADINGS[kind // len(TOPICS)]
            title = heading.format(topic)
            title = title[0].upper() + title[1:] + (f" ({edition + 1})" if edition else "")
            page = SitePage(f"{SITE}/{section}/{_slug(title)}", f"{title} | {SHOP_NAME}")
            stories.append(Story(verb, {"product_ids": [f"{prefix}-{number:04d}"]}, page))
    rng.shuffle(stories)
    return stories


def _slug(text: str) -> str:
    return quote("-".join("".join(c if c.isalnum() else " " for c in text.lower()).split()))
