"""Where visitors go and what they do. The probabilities here determine the mix of types."""

from bisect import bisect
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Any

from interactions.synthetic.audience import ARRIVALS, WayIn, visitor
from interactions.synthetic.catalogue import SHOP_NAME, SITE, Article, Shelf, SitePage, Story, catalogue
from interactions.synthetic.draws import Draws
from interactions.synthetic.visits import LIST_LENGTH, Listing, Purchase, Visit

HELP = SitePage(f"{SITE}/help", f"Questions and answers | {SHOP_NAME}")
LETTERS = SitePage(f"{SITE}/account/letters", f"Your letters | {SHOP_NAME}")

GOES_ON = 0.6
"""Chance of one more stop (search, category, story …) before leaving."""
LONGEST_VISIT = 60
"""Interactions after which even the keenest visitor makes no further stop."""

ABOUT_PRODUCTS = {
    "like": 0.028,
    "dislike": 0.004,
    "bookmark": 0.012,
    "share": 0.010,
    "rate": 0.014,
    "add_to_collection": 0.022,
    "remove_from_collection": 0.005,
    "submit": 0.009,
    "custom": 0.035,
}
ABOUT_STORIES = {
    "like": 0.09,
    "dislike": 0.01,
    "bookmark": 0.05,
    "share": 0.05,
    "rate": 0.04,
    "add_to_collection": 0.03,
    "subscribe": 0.03,
    "custom": 0.02,
}
RATINGS = (1, 2, 3, 4, 4, 4.5, 5, 5, 5, 5)
CUSTOM_ACTIONS = ("size_guide_open", "colour_swatch_tap", "store_stock_check", "chat_open")
ANSWERS = ("helpful", "helpful", "not helpful")


def take_visit(number: int, progress: float, draws: Draws) -> tuple[Visit, list[Purchase]]:
    """Return a whole visit of person `number` and what they bought; at least one interaction.

    `progress` says how much of the period is over, from 0 to 1: some campaigns run for a while only.
    """
    chance = draws.chance
    visit = Visit(visitor(number, on_second_device=chance() < 0.2), _arrival(progress, chance), draws)
    mood = chance()
    if mood < 0.6:
        # Some sites stop sending the anonymous id once they know the user, others send both forever.
        visit.sign_in(keep_anonymous_id=mood < 0.35)
    signs_in_later = 0.6 < mood < 0.85
    purchases = []
    landings = visit.arrival.landings
    STOPS[landings[int(chance() * len(landings))]](visit)
    while chance() < GOES_ON and len(visit.records) < LONGEST_VISIT:
        if signs_in_later and not visit.signed_in and chance() < 0.7:
            visit.sign_in()
        NEXT_STOPS[int(chance() * len(NEXT_STOPS))](visit)
    if visit.cart:
        if chance() < 0.2:
            visit.remove_from_cart()
        if visit.cart and chance() < 0.45:
            if not visit.signed_in and chance() < 0.7:
                visit.sign_in()
            purchases.append(visit.check_out())
    return visit, purchases


def _arrival(progress: float, chance: Callable[[], float]) -> WayIn:
    while True:  # the evergreen ways weigh more than the others, so this ends soon
        arrival = ARRIVALS[bisect(_ARRIVAL_WEIGHTS, chance() * _ARRIVAL_WEIGHTS[-1])]
        if arrival.runs[0] <= progress <= arrival.runs[1]:
            return arrival


_ARRIVAL_WEIGHTS = list(accumulate(arrival.weight for arrival in ARRIVALS))


def stop_at_home(visit: Visit) -> None:
    visit.view_home()
    chance = visit.draws.chance
    if chance() < 0.3:
        look_through(visit, _favourite_shelf(visit), assisted=0.9)
    elif chance() < 0.03:
        visit.send("subscribe", {}, {"list": "weekly-letter"})


def stop_at_promotion(visit: Visit) -> None:
    visit.view_promotion()
    if visit.draws.chance() < 0.5:
        look_through(visit, catalogue().shelves[visit.draws.shelf()], assisted=0.2)


def stop_at_shelf(visit: Visit) -> None:
    shelf = _favourite_shelf(visit)
    visit.view_shelf(shelf)
    look_through(visit, shelf, assisted=0.3)


def stop_at_search(visit: Visit) -> None:
    phrase = catalogue().phrases[visit.draws.phrase()]
    visit.search(phrase)
    look_through(visit, catalogue().shelves[phrase.shelf], assisted=0.75)


def stop_at_product(visit: Visit) -> None:
    look_at(visit, catalogue().products[visit.draws.product()], None)


def stop_at_story(visit: Visit) -> None:
    """Read, watch or listen to something; often it is finished, and sometimes another follows."""
    chance = visit.draws.chance
    story = catalogue().stories[visit.draws.story()]
    miso_id = None
    while True:
        visit.open(story.page)
        visit.send_about(story.verb, story, miso_id, {"duration": visit.stay(times=5)})
        if chance() < 0.35:
            visit.now = visit.leaves_page_at
            visit.send_about("complete", story, miso_id)
        react(visit, story, miso_id, _about_stories)
        if chance() > 0.35:
            return
        story, miso_id = catalogue().stories[visit.draws.story()], visit.draws.uuid()


def stop_at_help(visit: Visit) -> None:
    chance = visit.draws.chance
    visit.open(HELP)
    if chance() < 0.3:
        visit.send("submit", {}, {"form": "question"})
    visit.send(
        "feedback",
        {
            "question_id": f"q-{int(120 * chance() ** 2):03d}",
            "result_type": "answer",
            "value": ANSWERS[int(chance() * len(ANSWERS))],
        },
    )


def stop_at_letters(visit: Visit) -> None:
    visit.open(LETTERS)
    kind = "unsubscribe" if visit.draws.chance() < 0.35 else "subscribe"
    visit.send(kind, {}, {"list": "weekly-letter"})


def look_through(visit: Visit, shelf: Shelf, *, assisted: float) -> None:
    """See a list of products on a shelf and open some. `assisted` is the probability that an engine ordered the
    list."""
    chance = visit.draws.chance
    first = int((len(shelf.products) - LIST_LENGTH) * chance() ** 3)
    listing = Listing(shelf.products[first : first + LIST_LENGTH], visit.draws.uuid() if chance() < assisted else None)
    visit.send_list("impression", listing)
    if chance() < 0.35:
        visit.send_list("viewable_impression", listing, LIST_LENGTH // 2)
    while chance() < 0.5 and len(visit.records) < LONGEST_VISIT:
        product = listing.products[int(LIST_LENGTH * chance() ** 2)]
        if chance() < 0.6:  # not every list of the site reports its clicks
            visit.send_about("click", product, listing.miso_id)
        look_at(visit, product, listing.miso_id)


def look_at(visit: Visit, product: Article, miso_id: str | None) -> None:
    """View a product and perhaps its pictures, react to it, add it to the cart, follow recommendations."""
    chance = visit.draws.chance
    visit.view_product(product, miso_id)
    while chance() < 0.16:
        visit.send_about("product_image_view", product, miso_id)
    react(visit, product, miso_id, _about_products)
    if chance() < 0.11:
        visit.add_to_cart(product, miso_id)
    if chance() < 0.22 and len(visit.records) < LONGEST_VISIT:
        look_through(visit, catalogue().shelves[product.shelf], assisted=0.95)


def react(visit: Visit, to: Article | Story, miso_id: str | None, choose: Callable[[float], str | None]) -> None:
    chance = visit.draws.chance
    kind = choose(chance())
    if kind is None:
        return
    more: dict[str, Any] | None = None
    if kind == "rate":
        more = {"rating": RATINGS[int(chance() * len(RATINGS))]}
    elif kind == "custom":
        more = {"custom_action_name": CUSTOM_ACTIONS[int(chance() * len(CUSTOM_ACTIONS))]}
    visit.send_about(kind, to, miso_id, more)


def _favourite_shelf(visit: Visit) -> Shelf:
    shelves = catalogue().shelves
    if visit.draws.chance() < 0.5:
        return shelves[visit.visitor.favourite % len(shelves)]
    return shelves[visit.draws.shelf()]


def _one_of(chances: Mapping[str, float]) -> Callable[[float], str | None]:
    """Return a function from a number in [0, 1) to a kind of interaction, or None for the remaining probability."""
    kinds = (*chances, None)
    reached = list(accumulate(chances.values()))
    return lambda luck: kinds[bisect(reached, luck)]


_about_products = _one_of(ABOUT_PRODUCTS)
_about_stories = _one_of(ABOUT_STORIES)

STOPS: dict[str, Callable[[Visit], None]] = {
    "home": stop_at_home,
    "promo": stop_at_promotion,
    "category": stop_at_shelf,
    "search": stop_at_search,
    "product": stop_at_product,
    "story": stop_at_story,
    "help": stop_at_help,
    "letters": stop_at_letters,
}
# How the next stop is chosen: out of a hundred.
NEXT_STOPS = [
    STOPS[name]
    for name, times in {
        "search": 36, "category": 29, "home": 12, "product": 9, "story": 10, "help": 3, "letters": 1,
    }.items()
    for _ in range(times)
]  # fmt: skip
