"""What user agents run on."""

import pytest

from interactions.analytics.devices import Device, agents_of, device_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6"
GOOGLEBOT = "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("device", "agent"),
    [
        (Device.DESKTOP, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/131.0.0.0 Safari/537.36"),
        (Device.DESKTOP, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15"),
        (Device.DESKTOP, "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"),
        (Device.DESKTOP, "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"),
        (Device.DESKTOP, f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/130.0.0.0 Safari/537.36"),
        (Device.DESKTOP, "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"),
        (Device.PHONE, f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) {SAFARI} Mobile/15E148 Safari/604.1"),
        (Device.PHONE, f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/131.0.0.0 Mobile Safari/537.36"),
        (Device.PHONE, "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"),
        (Device.PHONE, "MyShop/4.2 (iPhone; iOS 17.5; Scale/3.00)"),
        (Device.PHONE, "Dalvik/2.1.0 (Linux; U; Android 13; Pixel 7 Build/TQ3A)"),
        (Device.PHONE, "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5"),
        (Device.TABLET, f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {SAFARI} Mobile/15E148 Safari/604.1"),
        (Device.TABLET, f"Mozilla/5.0 (Linux; Android 13; SM-X700) {WEBKIT} Chrome/131.0.0.0 Safari/537.36"),
        (Device.TABLET, "Mozilla/5.0 (Android 14; Tablet; rv:132.0) Gecko/132.0 Firefox/132.0"),
        (Device.TABLET, f"Mozilla/5.0 (Linux; Android 9; KFMAWI) {WEBKIT} Silk/118.2 like Chrome/118.0 Safari/537.36"),
        (Device.BOT, f"Mozilla/5.0 {GOOGLEBOT}"),
        (Device.BOT, f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) {WEBKIT} Chrome/131.0 Mobile Safari {GOOGLEBOT}"),
        (Device.BOT, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
        (Device.BOT, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
        (Device.BOT, f"Mozilla/5.0 {WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
        (Device.BOT, f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36"),
        (Device.BOT, "python-requests/2.32.3"),
        (Device.BOT, "curl/8.5.0"),
        (Device.OTHER, f"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) {WEBKIT} 76.0/6.0 TV Safari/537.36"),
        (Device.OTHER, f"Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 TV) {WEBKIT} Chrome/100.0 Safari/537.36"),
        (Device.OTHER, f"Mozilla/5.0 (PlayStation; PlayStation 5/6.00) {SAFARI} Safari/605.1.15"),
        (Device.OTHER, "a shop's own app"),
        (Device.UNKNOWN, ""),
        (Device.UNKNOWN, None),
    ],
)  # fmt: skip
def test_a_user_agent_is_of_a_device(device: Device, agent: str | None) -> None:
    assert device_of(agent) is device


def test_every_user_agent_is_of_one_device() -> None:
    agents = ["curl/8.5.0", None, "x" * 10_000, "\0", "(((", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Firefox/132.0"]
    assert sorted(map(str, agents)) == sorted(str(agent) for device in Device for agent in agents_of(device, agents))
