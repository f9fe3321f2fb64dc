"""Usual names of columns and values in other tools' files, in lower case with only letters and digits."""

from __future__ import annotations

import re
from typing import Final

_OTHERS = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """A name in the form used here."""
    return _OTHERS.sub("", name).lower()


_COLUMNS: Final[dict[str, str]] = {
    "type": (
        "type eventtype event eventname action activity interaction interactiontype behavior behaviour "
        "behaviortype kind actiontype activitytype eventaction ereignis aktion"
    ),
    "timestamp": (
        "timestamp time datetime date when eventtime eventtimestamp eventdate createdat created occurredat ts "
        "orderdate ordertime purchasedate purchasetime invoicedate visittime servertime happenedat at day "
        "zeit zeitpunkt datum zeitstempel fecha orderedat placedat receivedat timeutc eventtimeutc "
        "occurred happened recordedat loggedat"
    ),
    "user_id": (
        "userid user customerid customer client clientid member memberid account accountid buyer buyerid "
        "shopper shopperid uid customernumber customerno kunde kundennummer kundenid cliente clientnumber "
        "visitoruserid profileid personid who"
    ),
    "anonymous_id": (
        "anonymousid visitorid visitor deviceid device cookieid cookie anonid distinctid sessionid session "
        "usersession fullvisitorid userpseudoid guestid browserid besucher"
    ),
    "product_ids": (
        "productids productid products product itemids itemid items item skus sku asin article articleid "
        "variantid stockcode contentid productcode movieid bookid songid trackid itemsku productsku artikel "
        "artikelnummer produkt producto code"
    ),
    "product_group_ids": "productgroupids productgroupid productgroup groupid parentid parentsku styleid",
    "quantities": "quantities quantity qty units amountofitems menge anzahl itemquantity itemcount",
    "revenue": (
        "revenue total ordertotal totalprice value ordervalue amount grandtotal sales purchaseamount "
        "purchaserevenue totalamount subtotal umsatz betrag summe importe linetotal"
    ),
    "rating": "rating stars score reviewscore bewertung",
    "duration": "duration durationseconds seconds timespent timeonpage dwelltime engagementtime",
    "category": "category categories categoryname categorycode productcategory department kategorie",
    "search.keywords": "keywords keyword searchterm query searchquery search term suchbegriff searchkeyword",
    "miso_id": "misoid",
    "custom_action_name": "customactionname",
    "question_id": "questionid",
    "context.page.url": (
        "url pageurl page pagelocation pageaddress webaddress link location landingpage currenturl seite address"
    ),
    "context.page.referrer": "referrer referer pagereferrer referringurl",
    "context.page.title": "pagetitle title",
    "context.locale": "locale language lang sprache",
    "context.region": "region country countrycode geocountry land pais state",
    "context.user_agent": "useragent ua browseragent",
    "context.truncated_ip": "truncatedip ip ipaddress clientip remoteip",
    "context.campaign.name": "campaign campaignname utmcampaign",
    "context.campaign.source": "utmsource campaignsource trafficsource",
    "context.campaign.medium": "utmmedium campaignmedium medium",
    "context.campaign.term": "utmterm campaignterm",
    "context.campaign.content": "utmcontent campaigncontent",
    "context.custom_context.uuid": "uuid eventid eventuuid messageid insertid interactionid recordid",
}
COLUMNS: Final = {field: tuple(words.split()) for field, words in _COLUMNS.items()}
"""Usual names of columns by field, likeliest first."""

ORDERS: Final = (
    "orderid", "ordernumber", "orderno", "order", "transactionid", "transaction", "invoiceno", "invoice",
    "invoiceid", "invoicenumber", "receiptid", "basketid", "bestellnummer", "bestellung", "pedido",
)  # fmt: skip
"""Names of columns that identify orders."""

_TYPES: Final[dict[str, str]] = {
    "product_detail_page_view": (
        "view viewed views viewitem viewproduct productview productviewed itemview itemviewed vieweditem "
        "viewedproduct productpageview detail detailview productdetail viewcontent pdp pdpview itempage "
        "viewdetail productdetailview productpage"
    ),
    "category_page_view": (
        "productlistviewed categoryview viewcategory categoryviewed collectionviewed listview plp "
        "viewitemlist categorypage"
    ),
    "search": "search searchpage searched searches productssearched searchsubmitted viewsearchresults sitesearch query",
    "impression": "impression impressions shown displayed seen",
    "add_to_cart": (
        "addtocart cart cartadd addedtocart productadded atc addtobasket addedtobasket basketadd basket "
        "productaddedtocart addcart carted addtobag addedtobag itemadded additemtocart addproducttocart"
    ),
    "remove_from_cart": (
        "removefromcart cartremove productremoved removedfromcart basketremove removefrombasket removedfrombasket "
        "productremovedfromcart itemremoved"
    ),
    "subscribe": "subscribe subscribed subscription newslettersubscribe signup",
    "unsubscribe": "unsubscribe unsubscribed",
    "checkout": (
        "checkout purchase purchased purchases buy bought order ordered ordercompleted transaction "
        "checkoutcompleted sale sold orderplaced orderpaid placedorder completedorder completepurchase "
        "conversion itempurchased productpurchased kauf bestellung compra"
    ),
    "refund": "refund refunded return returned orderrefunded",
    "read": "read articleread",
    "watch": "watch watched play videoplay videoviewed videoview",
    "listen": "listen listened songplayed",
    "complete": "complete completed finished",
    "add_to_collection": (
        "addtocollection wishlist addtowishlist wishlistadd favorite favourite fav save saved "
        "productaddedtowishlist addtofavorites"
    ),
    "remove_from_collection": "removefromcollection removefromwishlist productremovedfromwishlist unfavorite",
    "like": "like liked upvote thumbsup",
    "dislike": "dislike disliked downvote thumbsdown",
    "share": "share shared productshared",
    "rate": "rate rated rating review reviewed productreviewed",
    "bookmark": "bookmark bookmarked",
    "home_page_view": "home homepage homeview homepageview",
    "promo_page_view": "promotionviewed viewpromotion promoview",
    "click": "click clicked clicks selectitem productclicked itemclick productclick",
}
TYPE_OF: Final = {name: kind for kind, names in _TYPES.items() for name in names.split()}
"""Interaction types by other tools' names for them."""

CURRENCIES: Final = (
    "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "BRL", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
    "HUF", "RON", "BGN", "TRY", "RUB", "UAH", "ILS", "ZAR", "MXN", "ARS", "CLP", "COP", "KRW", "SGD", "HKD", "TWD",
    "THB", "IDR", "MYR", "PHP", "VND", "AED", "SAR", r"R\$", r"kr\.?", "zł", "Kč", "Ft", "lei", r"Fr\.?", r"Rs\.?",
)  # fmt: skip
"""Names of currencies before or after an amount, as regular expressions."""

NOTHING: Final = frozenset({"null", "none", "nan", "na", "nil", "undefined"})
"""Texts that databases and libraries write for missing values."""
