"""The addresses of our pages."""

from django.urls import path, register_converter

from dangol.web import member_urls
from dangol.web.converters import IdConverter
from dangol.web.pages import (
    account,
    design,
    home,
    joining,
    member,
    member_link,
    members,
    messages,
    overview,
    program_draft,
    programs,
    session,
    simulations,
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
    path("members/<id:customer_id>/on-phone", member_link.show_link, name="member-link"),
    path("messages", messages.show_kept, name="messages"),
    path("programs", programs.show_programs, name="programs"),
    path("programs/versions/<int:number>", programs.show_version, name="program-version"),
    path("programs/versions/<int:number>/undo", programs.undo_publication, name="program-undo"),
    path("programs/draft", program_draft.edit, name="program-draft"),
    path("programs/draft/start", program_draft.start, name="program-draft-start"),
    path("programs/draft/discard", program_draft.discard, name="program-draft-discard"),
    path("programs/draft/diff", program_draft.show_diff, name="program-diff"),
    path("programs/draft/publish", program_draft.publish, name="program-publish"),
    path("programs/simulations", simulations.start, name="simulation-start"),
    path("programs/simulations/<id:simulation_id>", simulations.show_simulation, name="simulation"),
    path("programs/simulations/<id:simulation_id>/cancel", simulations.cancel, name="simulation-cancel"),
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
    *member_urls.urlpatterns,
]
