"""The addresses of our pages."""

from django.urls import path, register_converter

from dangol.web import member_urls
from dangol.web.converters import IdConverter
from dangol.web.pages import (
    design,
    home,
    joining,
    member,
    member_link,
    members,
    messages,
    overview,
    session,
    till,
)

register_converter(IdConverter, "id")

app_name = "web"
urlpatterns = [
    path("", overview.show_overview, name="overview"),
    path("members", members.list_members, name="members"),
    path("members.csv", members.export_members, name="members-csv"),
    path("members/<id:customer_id>", member.show_member, name="member"),
    path("members/<id:customer_id>/on-phone", member_link.show_link, name="member-link"),
    path("messages", messages.show_kept, name="messages"),
    path("m/<str:token>", home.show_home, name="home"),
    path("till", till.find, name="till"),
    path("till/join", joining.join, name="till-join"),
    path("till/members/<id:customer_id>", till.show_member, name="till-member"),
    path("till/members/<id:customer_id>/earn", till.earn, name="till-earn"),
    path("till/members/<id:customer_id>/claim", till.claim, name="till-claim"),
    path("till/sales/<str:number>", till.show_receipt, name="till-receipt"),
    path("till/sales/<str:number>/undo", till.undo, name="till-undo"),
    path("till/sales/<str:number>/move", till.move, name="till-move"),
    path("design", design.show_design, name="design"),
    path("sign-in", session.sign_in, name="sign-in"),
    path("sign-out", session.sign_out, name="sign-out"),
    path("language", session.choose_language, name="language"),
    *member_urls.urlpatterns,
]
