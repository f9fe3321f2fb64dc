"""The checks of the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from interactions.analytics.reports.data_quality import Measures
from interactions.contract.moments import written
from interactions.contract.schema import TYPES_BY_GROUP, Group
from interactions.readiness.check import Check, CheckSection
from interactions.readiness.thresholds import Threshold

# With fewer records, the share of one person means nothing.
_ENOUGH: Final = 1_000
_ACTIONS: Final = ("add_to_cart", "checkout", *TYPES_BY_GROUP[Group.CONSUMPTION])


def data_checks(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    """All checks of the records, in display order."""
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
            "Tastes change with seasons and campaigns. With about three months, a model can tell habits from moods.",
            "Import an older export as well. Files may overlap: duplicates are skipped.",
            essential=True,
        ),
        Check(
            "gaps", CheckSection.HISTORY, _share(missing, found.days_spanned), thresholds["gaps"],
            f"{missing:,} of {found.days_spanned:,} days have no record.{longest}",
            "To a model, a gap looks like days when nobody wanted anything.",
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
            "Views of products or articles are the most frequent sign of interest, so models learn most from them.",
            "Send product_detail_page_view from each product or article page.",
            essential=True,
        ),
        Check(
            "actions", CheckSection.TYPES, _share(actions, found.records),
            thresholds["actions"],
            f"{_counted(actions, 'record')} of types add_to_cart, checkout, read, watch, listen and similar.",
            "They separate what people chose from what they only looked at.",
            "Send add_to_cart and checkout from a shop, read, watch or listen from a media site.",
            essential=True,
        ),
        Check(
            "views_per_search", CheckSection.TYPES,
            views / searches if searches else None, thresholds["views_per_search"],
            f"{_counted(views, 'view')} and {_counted(searches, 'search', 'searches')}."
            if searches else "There are no searches.",
            "Search learns from what people open afterwards. Searches alone teach it nothing.",
            "Send product_detail_page_view from the pages that searches lead to.",
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
            "A user id connects what one person does on all devices.",
            "Send user_id for everyone who is signed in.", False,
        ),
        of_records(
            "with_anonymous", found.with_anonymous, "have an anonymous_id",
            "Most visitors never sign in. An anonymous id makes their visits count, and links them once they do.",
            "Send the same anonymous_id from a visitor's first page to the last, also after signing in.", False,
        ),
        of_records(
            "without_id", found.without_id, "have no id at all",
            "A record without an id teaches nothing about anyone.",
            "Send at least an anonymous_id with every record.", True,
        ),
        of_records(
            "placeholder_ids", found.placeholder_ids, "have an id like \"null\", \"undefined\" or zeros",
            "Everyone who shares such an id looks like one person.",
            "Leave the field out when there is no id.", False,
        ),
        Check(
            "most_of_one", CheckSection.IDS,
            _share(found.most_of_one, found.records) if found.records >= _ENOUGH else None, thresholds["most_of_one"],
            f"The busiest id has {found.most_of_one:,} of {found.records:,} records."
            + ("" if found.records >= _ENOUGH else f" That says little with fewer than {_ENOUGH:,} records."),
            "An id with an unusual share is a bot, a test, or an id that many people share.",
            "Open Records, filter by that id, and stop such traffic at its source.",
        ),
        Check(
            "users_again", CheckSection.IDS, _share(found.users_again, found.users),
            thresholds["users_again"],
            f"{found.users_again:,} of {found.users:,} users." if found.users else "There are no users.",
            "A model learns from what someone did next. After a single record, there is no next.",
            "A longer history helps, and so does one user_id per person on all devices.",
        ),
    ]  # fmt: skip


def _products(found: Measures, thresholds: Mapping[str, Threshold]) -> list[Check]:
    return [
        Check(
            "with_products", CheckSection.IDS, _share(found.with_products, found.about_products),
            thresholds["with_products"],
            f"{found.with_products:,} of {found.about_products:,} records that should name a product do.",
            "A view, cart or like without product_ids says that someone wanted something, but not what.",
            "Send product_ids with every view, impression, cart, check-out, read or like.",
            essential=True,
        ),
        Check(
            "with_miso_id", CheckSection.IDS, _share(found.with_miso_id, found.records),
            thresholds["with_miso_id"],
            f"{found.with_miso_id:,} of {found.records:,} records name the search or recommendation that led to them.",
            "It shows what recommendations achieve, and results improve by what people do with them.",
            "Pass the miso_id of a search or recommendation on to the interactions that follow.",
        ),
    ]  # fmt: skip


def _times(found: Measures, thresholds: Mapping[str, Threshold]) -> Check:
    wrong = found.future + found.before_2000
    return Check(
        "times", CheckSection.TIMES, _share(wrong, found.records), thresholds["times"],
        f"{_counted(found.future, 'record')} {'are' if found.future > 1 else 'is'} dated after arrival, "
        f"{found.before_2000 or 'none'} before 2000.",
        "Models depend on the order of records. An impossible time puts a record before or after all others.",
        "Check the unit (seconds or milliseconds) and the offset where timestamps are made.",
    )  # fmt: skip


def _or_none(value: int, records: int) -> float | None:
    return value if records else None


def _share(count: int, whole: int) -> float | None:
    return count / whole if whole else None


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}" if count else f"No {noun}"
