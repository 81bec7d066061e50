"""The addresses of our pages."""

from django.urls import path, register_converter

from dangol.web.converters import IdConverter
from dangol.web.pages import (
    account,
    design,
    home,
    joining,
    member,
    members,
    orders,
    overview,
    session,
    staff,
    till,
    welcome,
)

register_converter(IdConverter, "id")

app_name = "web"
urlpatterns = [
    path("", overview.show_overview, name="overview"),
    path("members", members.list_members, name="members"),
    path("members.csv", members.export_members, name="members-csv"),
    path("members/<id:customer_id>", member.show_member, name="member"),
    path("orders", orders.list_orders, name="orders"),
    path("orders/<str:source>/<path:number>", orders.show_order, name="order"),
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
    path("start", session.start, name="start"),
    path("staff", staff.show_staff, name="staff"),
    path("staff/invite", staff.invite, name="staff-invite"),
    path("staff/<int:number>", staff.show_person, name="staff-member"),
    path("staff/<int:number>/role", staff.change_role, name="staff-role"),
    path("staff/<int:number>/suspend", staff.suspend, name="staff-suspend"),
    path("staff/<int:number>/restore", staff.restore, name="staff-restore"),
    path("staff/<int:number>/recover", staff.recover, name="staff-recover"),
    path("staff/<int:number>/end-sessions", staff.end_sessions, name="staff-end-sessions"),
    path("welcome/<str:secret>", welcome.welcome, name="welcome"),
    path("account", account.show_account, name="account"),
    path("account/second-factor", account.ask_for_second_factor, name="second-factor"),
    path("account/sessions/<id:session_id>/end", account.end_session, name="session-end"),
    path("account/sessions/end-others", account.end_other_sessions, name="sessions-end-others"),
    path("language", session.choose_language, name="language"),
]
