"""The addresses of gift cards and their settings in the back office."""

from django.urls import path

from dangol.web.pages import gift_card_batches, gift_cards, stored_value_settings

urlpatterns = [
    path("gift-cards", gift_cards.list_all, name="gift-cards"),
    path("gift-cards/find", gift_cards.find, name="gift-card-find"),
    path("gift-cards/new", gift_cards.sell, name="gift-card-new"),
    path("gift-cards/batches", gift_card_batches.list_all, name="gift-card-batches"),
    path("gift-cards/batches/new", gift_card_batches.make, name="gift-card-batch-new"),
    path("gift-cards/batches/<id:batch_id>", gift_card_batches.show, name="gift-card-batch"),
    path("gift-cards/batches/<id:batch_id>/sheets", gift_card_batches.show_sheets, name="gift-card-sheets"),
    path(
        "gift-cards/batches/<id:batch_id>/codes.csv",
        gift_card_batches.export_codes,
        name="gift-card-codes-csv",
    ),
    path("gift-cards/<id:gift_card_id>", gift_cards.show, name="gift-card"),
    path("gift-cards/<id:gift_card_id>/top-up", gift_cards.top_up, name="gift-card-top-up"),
    path("gift-cards/<id:gift_card_id>/activate", gift_cards.activate, name="gift-card-activate"),
    path("gift-cards/<id:gift_card_id>/block", gift_cards.block, name="gift-card-block"),
    path("gift-cards/<id:gift_card_id>/refund", gift_cards.refund, name="gift-card-refund"),
    path("stored-value-settings", stored_value_settings.show, name="stored-value-settings"),
    path("stored-value-settings/edit", stored_value_settings.change, name="stored-value-settings-edit"),
]
