"""The addresses of the member's own pages."""

from django.urls import path, register_converter

from dangol.web.converters import IdConverter
from dangol.web.pages.me import (
    asks,
    coupons,
    data,
    earning,
    entering,
    household,
    money,
    pass_,
    referral,
    rewards,
    stamps,
)

# Here, since these addresses are read before those of the back office (`money_urls` and `rule_urls` too),
# which use it.
register_converter(IdConverter, "id")

urlpatterns = [
    path("me/", pass_.show_home, name="me"),
    path("me/barcode", pass_.show_barcode, name="me-barcode"),
    path("me/history", pass_.show_history, name="me-history"),
    path("me/manifest.webmanifest", pass_.show_manifest, name="me-manifest"),
    path("me/sign-in", entering.ask_to_come_in, name="me-sign-in"),
    path("me/code", entering.enter_code, name="me-code"),
    path("me/open/<str:secret>", entering.open_link, name="me-open"),
    path("me/sign-out", entering.sign_out, name="me-sign-out"),
    path("me/coupons", coupons.show_coupons, name="me-coupons"),
    path("me/coupons/<str:key>", coupons.show_coupon, name="me-coupon"),
    path("me/rewards", rewards.show_rewards, name="me-rewards"),
    path("me/rewards/<id:reward_id>", rewards.take, name="me-reward"),
    path("me/money", money.show_money, name="me-money"),
    path("me/stamps", stamps.show_stamps, name="me-stamps"),
    path("me/earning", earning.show_earning, name="me-earning"),
    path("me/household", household.show, name="me-household"),
    path("me/referral", referral.show, name="me-referral"),
    path("me/referral/friend", referral.tell, name="me-referral-tell"),
    path("r/<str:code>", referral.invited, name="invited"),
    path("me/vouchers/<id:redemption_id>", rewards.show_voucher, name="me-voucher"),
    path("me/asks", asks.show_asks, name="me-asks"),
    path("me/asks/count", asks.count_asks, name="me-asks-count"),
    path("me/asks/<id:sale_id>", asks.answer, name="me-ask"),
    path("me/data", data.show_data, name="me-data"),
    path("me/data.json", data.download, name="me-download"),
    path("me/consents", data.take_back, name="me-consents"),
    path("me/confirm", data.confirm, name="me-confirm"),
    path("me/leave", data.leave, name="me-leave"),
    path("me/join", data.join, name="me-join"),
]
