"""One visit to the shop, recorded as interactions. `journeys` decides where the visitor goes."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from interactions.synthetic.audience import Visitor, WayIn
from interactions.synthetic.catalogue import SHOP_NAME, SITE, Article, Phrase, Shelf, SitePage, Story, catalogue
from interactions.synthetic.draws import Draws

HOME = SitePage(f"{SITE}/", f"{SHOP_NAME} | Things that last")
CART = SitePage(f"{SITE}/cart", f"Your cart | {SHOP_NAME}")
PAID = SitePage(f"{SITE}/checkout/thank-you", f"Thank you for your order | {SHOP_NAME}")
LIST_LENGTH = 8

Record = dict[str, Any]


class Listing(NamedTuple):
    """A list of products as shown; `miso_id` is the id of its result if an engine ordered it."""

    products: list[Article]
    miso_id: str | None


class Purchase(NamedTuple):
    """An order as stored by the shop, for refunds."""

    visitor: Visitor
    identity: dict[str, str]
    fields: dict[str, list[str]]
    order: str
    amount: float


class Visit:
    """Collects the interactions of one visit, in order: `records`, and their times in `offsets`.

    Offsets are milliseconds since the start of the visit. The records' timestamps are empty; the caller, who knows the
    start, fills them in. Methods that record something require that a page is open.
    """

    __slots__ = (  # noqa: RUF023 - grouped by content
        "visitor", "arrival", "draws", "records", "offsets", "now", "leaves_page_at", "identity", "location",
        "device", "session", "cart",
    )  # fmt: skip

    def __init__(self, visitor: Visitor, arrival: WayIn, draws: Draws) -> None:
        """Start a visit without being signed in."""
        self.visitor = visitor
        self.arrival = arrival
        self.draws = draws
        self.records: list[Record] = []
        self.offsets: list[int] = []
        self.now = self.leaves_page_at = 0
        self.identity = {"anonymous_id": visitor.anonymous_id}
        self.location: dict[str, str] = {}
        self.device: dict[str, str] = {
            "truncated_ip": visitor.truncated_ip,
            "locale": visitor.locale,
            "region": visitor.region,
            "user_agent": visitor.user_agent,
        }
        session = int(draws.chance() * 2**48)
        self.session: dict[str, Any] = {
            "session": f"{session:012x}",
            "ab_test": "b" if session % 2 else "a",
            "logged_in": False,
            "store": visitor.store,
        }
        self.cart: dict[str, tuple[Article, int, str | None]] = {}  # product, quantity, and the result that led to it

    @property
    def signed_in(self) -> bool:
        return "user_id" in self.identity

    def sign_in(self, *, keep_anonymous_id: bool = True) -> None:
        """Add `user_id` from the next interaction on. Does nothing without an account."""
        if self.visitor.user_id is not None:
            self.identity = {"user_id": self.visitor.user_id}
            if keep_anonymous_id:
                self.identity["anonymous_id"] = self.visitor.anonymous_id
            self.session["logged_in"] = True

    def send(self, kind: str, fields: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> None:
        """Record an interaction on the open page. `extra` is added to the custom context."""
        campaign = self.arrival.campaign
        # Nested values are copied, so that records can be changed independently.
        context: dict[str, Any] = {"campaign": campaign.copy()} if campaign else {}
        context["page"] = self.location.copy()
        context.update(self.device)
        context["custom_context"] = {**self.session, **extra} if extra else self.session.copy()
        self.records.append({"type": kind, "timestamp": "", **self.identity, **fields, "context": context})
        self.offsets.append(self.now)
        self.now += 250 + int(6000 * self.draws.chance())

    def send_about(
        self, kind: str, product: Article | Story, miso_id: str | None = None, more: Mapping[str, Any] | None = None
    ) -> None:
        """Record an interaction with a product or story; `more` are additional fields."""
        fields: dict[str, Any] = {name: ids.copy() for name, ids in product.fields.items()}
        if miso_id:
            fields["miso_id"] = miso_id
        if more:
            fields.update(more)
        self.send(kind, fields)

    def send_list(self, kind: str, listing: Listing, length: int = LIST_LENGTH) -> None:
        """Record that the first `length` products of a list were shown."""
        fields: dict[str, Any] = {"product_ids": [product.product_id for product in listing.products[:length]]}
        if listing.miso_id:
            fields["miso_id"] = listing.miso_id
        self.send(kind, fields)

    def open(self, page: SitePage) -> None:
        """Go to another page, once the time on the open page is over."""
        self.now = max(self.now, self.leaves_page_at)
        referrer = self.location.get("url", self.arrival.referrer)
        self.location = {"url": page.url, "title": page.title}
        if referrer:
            self.location["referrer"] = referrer

    def stay(self, times: int = 1) -> float:
        """Stay on the page for a random time, which is returned in seconds."""
        seconds = round(self.draws.dwell() * times, 1)
        self.leaves_page_at = self.now + int(seconds * 1000)
        return seconds

    def view_home(self) -> None:
        self.open(HOME)
        self.send("home_page_view", {"duration": self.stay()})

    def view_promotion(self) -> None:
        """View the landing page of the visit's campaign, with the products it advertises."""
        name = self.arrival.campaign["name"] if self.arrival.campaign else "new-in"
        self.open(SitePage(f"{SITE}/promo/{quote(name)}", f"{name.replace('-', ' ').capitalize()} | {SHOP_NAME}"))
        first = self.draws.product()
        products = catalogue().products[first : first + 3]
        self.send("promo_page_view", {"product_ids": [each.product_id for each in products], "duration": self.stay()})

    def view_shelf(self, shelf: Shelf) -> None:
        self.open(shelf.page)
        self.send("category_page_view", {"category": list(shelf.path), "duration": self.stay()})

    def search(self, phrase: Phrase) -> None:
        """Search; one search in four is narrowed by filters."""
        self.open(phrase.page)
        search: dict[str, Any] = {"keywords": phrase.keywords}
        choice = self.draws.chance()
        if choice < 0.25:
            search["filters"] = {"category": [catalogue().shelves[phrase.shelf].path[-1]]}
            if choice < 0.08:
                search["filters"]["price"] = ["0-25", "25-50"]
        self.send("search", {"search": search})

    def view_product(self, product: Article, miso_id: str | None) -> None:
        self.open(product.page)
        self.send_about("product_detail_page_view", product, miso_id, {"duration": self.stay()})

    def add_to_cart(self, product: Article, miso_id: str | None) -> None:
        luck = self.draws.chance()
        quantity = 1 if luck < 0.8 else 2 if luck < 0.95 else 4
        had = self.cart[product.product_id][1] if product.product_id in self.cart else 0
        self.cart[product.product_id] = (product, had + quantity, miso_id)
        # The contract knows two forms: a list beside product_ids, or a plain number. Some clients send the number.
        plain = 0.75 < luck < 0.8
        self.send_about("add_to_cart", product, miso_id, {"quantities": quantity if plain else [quantity]})

    def remove_from_cart(self) -> None:
        product, _, _ = self.cart.popitem()[1]
        self.open(CART)
        self.send_about("remove_from_cart", product)

    def check_out(self) -> Purchase:
        """Pay for the cart. `revenue` is the sum of quantity times price; `prices` are included.

        A purchase to which a result led carries its `miso_id`, of several the last.
        """
        self.open(PAID)
        lines = list(self.cart.values())
        bought = {"product_ids": [product.product_id for product, _, _ in lines]}
        results = [miso_id for _, _, miso_id in lines if miso_id]
        revenue = sum(quantity * product.cents for product, quantity, _ in lines) / 100
        order = f"O-{self.session['session'][:8]}"
        self.send(
            "checkout",
            {
                **bought,
                "quantities": [quantity for _, quantity, _ in lines],
                "revenue": revenue,
                **({"miso_id": results[-1]} if results else {}),
            },
            {"order": order, "prices": [product.cents / 100 for product, _, _ in lines]},
        )
        self.cart = {}
        return Purchase(self.visitor, self.identity, {"product_ids": bought["product_ids"].copy()}, order, revenue)


def refund(purchase: Purchase) -> Record:
    """Return the refund of a purchase, as sent by the shop's back office, without a page. Its timestamp is empty."""
    visitor = purchase.visitor
    return {
        "type": "refund",
        "timestamp": "",
        **purchase.identity,
        **purchase.fields,
        "context": {
            "locale": visitor.locale,
            "region": visitor.region,
            "custom_context": {
                "channel": "back-office",
                "order": purchase.order,
                "store": visitor.store,
                "refund_amount": purchase.amount,
            },
        },
    }
