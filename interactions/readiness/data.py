"""The checks that look at the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from interactions.contract.moments import written
from interactions.contract.schema import TYPES_BY_GROUP, Group
from interactions.queries.health import Measures
from interactions.readiness.check import Check, CheckSection
from interactions.readiness.thresholds import Threshold

# Of fewer records no share of one person says anything.
_ENOUGH: Final = 1_000
_ACTIONS: Final = ("add_to_cart", "checkout", *TYPES_BY_GROUP[Group.CONSUMPTION])


def data_checks(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    """Every check of the records, in the order in which they are shown."""
    return [
        *_history(found, thresholds),
        *_types(found, thresholds),
        *_people(found, thresholds),
        *_products(found, thresholds),
        _times(found, thresholds),
    ]


def _history(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    missing = found.days_spanned - found.days
    gap = found.longest_gap
    longest = ""
    if gap is not None:
        days = " to ".join(written(day, "%b %-d, %Y") for day in dict.fromkeys(gap))
        longest = f" The longest gap is {days}."
    return [
        Check(
            "span", CheckSection.HISTORY, _or_none(found.days_spanned, found.records),
            thresholds["span"],
            f"{_counted(found.days_spanned, 'day')} from the first record to the last.{_apart(found.strays)}",
            "Tastes change with seasons and campaigns. About three months let a model tell a habit from a mood.",
            "Import an older export as well. Files may overlap: duplicates are skipped.",
            essential=True,
        ),
        Check(
            "gaps", CheckSection.HISTORY, _share(missing, found.days_spanned), thresholds["gaps"],
            f"{missing:,} of {found.days_spanned:,} days have no record.{longest}",
            "A gap looks like a time when nobody wanted anything.",
            "Export those days again and import them.",
            essential=True,
        ),
    ]  # fmt: skip


def _apart(strays: int) -> str:
    if not strays:
        return ""
    verb = "isn't" if strays == 1 else "aren't"
    return f" {_counted(strays, 'record')} far from all others or with an impossible date {verb} counted."


def _types(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    views = found.by_type.get("product_detail_page_view", 0)
    actions = sum(found.by_type.get(name, 0) for name in _ACTIONS)
    searches = found.by_type.get("search", 0)
    return [
        Check(
            "product_views", CheckSection.TYPES, _share(views, found.records), thresholds["product_views"],
            f"{_counted(views, 'record')} of type product_detail_page_view.",
            "A view of a product or an article is the most frequent sign of interest: most of what is learned.",
            "Send product_detail_page_view from each product or article page.",
            essential=True,
        ),
        Check(
            "actions", CheckSection.TYPES, _share(actions, found.records),
            thresholds["actions"],
            f"{_counted(actions, 'record')} of types add_to_cart, checkout, read, watch, listen and their kin.",
            "They tell what people looked at from what they chose.",
            "Send add_to_cart and checkout from a shop, read, watch or listen from a media site.",
            essential=True,
        ),
        Check(
            "views_per_search", CheckSection.TYPES,
            views / searches if searches else None, thresholds["views_per_search"],
            f"{_counted(views, 'view')} and {_counted(searches, 'search', 'searches')}."
            if searches else "There are no searches.",
            "Search learns from what people open after they searched. Searches alone teach nothing.",
            "See that the pages that searches lead to send product_detail_page_view too.",
        ),
    ]  # fmt: skip


def _people(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    def of_records(name: str, count: int, what: str, why: str, advice: str, essential: bool) -> Check:
        detail = f"{count:,} of {found.records:,} records {what}."
        share = _share(count, found.records)
        return Check(name, CheckSection.IDS, share, thresholds[name], detail, why, advice, essential)

    return [
        of_records(
            "with_user", found.with_user, "have a user_id",
            "A user id joins what one person does on all devices.",
            "Send user_id foreverybody who is signed in.", False,
        ),
        of_records(
            "with_anonymous", found.with_anonymous, "have an anonymous_id",
            "Most visitors never sign in. An anonymous id makes their visits count, and links them once they do.",
            "Send the same anonymous_id from a visitor's first page to the last, also after signing in.", False,
        ),
        of_records(
            "without_id", found.without_id, "have no id at all",
            "Nothing can be learned about anybody from a record that is nobody's.",
            "Send at least an anonymous_id with every record.", True,
        ),
        of_records(
            "placeholder_ids", found.placeholder_ids, "have an id like \"null\", \"undefined\" or zeros",
            "All who share such an id look like one person with the taste of everybody.",
            "Leave the field out where there is no id.", False,
        ),
        Check(
            "most_of_one", CheckSection.IDS,
            _share(found.most_of_one, found.records) if found.records >= _ENOUGH else None, thresholds["most_of_one"],
            f"The busiest id has {found.most_of_one:,} of {found.records:,} records."
            + ("" if found.records >= _ENOUGH else f" Below {_ENOUGH:,} records that says nothing."),
            "One id with an absurd share is a bot, a test, or an id that many people share.",
            "Open Records, filter by that id, and keep such traffic out at its source.",
        ),
        Check(
            "users_again", CheckSection.IDS, _share(found.users_again, found.users),
            thresholds["users_again"],
            f"{found.users_again:,} of {found.users:,} users." if found.users else "There are no users.",
            "What somebody did next is what a model learns from. One record has no next.",
            "A longer history helps. So does one user_id for a person on all devices.",
        ),
    ]  # fmt: skip


def _products(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    return [
        Check(
            "with_products", CheckSection.IDS, _share(found.with_products, found.about_products),
            thresholds["with_products"],
            f"{found.with_products:,} of {found.about_products:,} records that should name a product do.",
            "A view, a cart or a like without product_ids says that somebody wanted something, but not what.",
            "Send product_ids with every view, impression, cart, check-out, read or like.",
            essential=True,
        ),
        Check(
            "with_miso_id", CheckSection.IDS, _share(found.with_miso_id, found.records),
            thresholds["with_miso_id"],
            f"{found.with_miso_id:,} of {found.records:,} records name the search or recommendation that led to them.",
            "Only so can the gain of recommendations be told, and results be improved by what people did with them.",
            "Pass the miso_id of a search or recommendation on to the interactions that follow from it.",
        ),
    ]  # fmt: skip


def _times(found: Measures, thresholds: Mapping[str, Threshold]) -> Check:
    wrong = found.future + found.before_2000
    return Check(
        "times", CheckSection.TIMES, _share(wrong, found.records), thresholds["times"],
        f"{_counted(found.future, 'record')} {'are' if found.future > 1 else 'is'} dated after arrival, "
        f"{found.before_2000 or 'none'} before 2000.",
        "Order is what a model reads. A time that cannot be puts records before or after all others.",
        "Check the unit (seconds or milliseconds) and the offset where timestamps are made.",
    )  # fmt: skip


def _or_none(value: int, records: int) -> float | None:
    return value if records else None


def _share(count: int, whole: int) -> float | None:
    return count / whole if whole else None


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}" if count else f"No {noun}"
