"""The addresses of our pages."""

from django.urls import path, register_converter

from dangol.web.converters import IdConverter
from dangol.web.pages import (
    account,
    by_hand,
    design,
    home,
    joining,
    leaving,
    member,
    members,
    merging,
    overview,
    personal,
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
    path("members/<id:customer_id>/adjust", by_hand.adjust, name="member-adjust"),
    path("members/<id:customer_id>/points/<id:transfer_id>/undo", by_hand.undo, name="member-undo"),
    path("members/<id:customer_id>/unmask", personal.show_unmasked, name="member-unmask"),
    path("members/<id:customer_id>/export", personal.take_along, name="member-export"),
    path("members/<id:customer_id>/merge", merging.merge, name="member-merge"),
    path("members/<id:customer_id>/unmerge", merging.part, name="member-unmerge"),
    path("members/<id:customer_id>/erase", leaving.erase, name="member-erase"),
    path("members/<id:customer_id>/hold", leaving.hold, name="member-hold"),
    path("members/<id:customer_id>/holds/<id:hold_id>/release", leaving.release, name="member-release"),
    path("approvals", by_hand.show_approvals, name="approvals"),
    path("approvals/<id:approval_id>", by_hand.decide, name="approval-decide"),
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
