"""The addresses of our pages."""

from django.urls import path, register_converter

from dangol.web.converters import IdConverter
from dangol.web.pages import (
    design,
    home,
    member,
    members,
    overview,
    program_draft,
    programs,
    session,
    simulations,
)

register_converter(IdConverter, "id")

app_name = "web"
urlpatterns = [
    path("", overview.show_overview, name="overview"),
    path("members", members.list_members, name="members"),
    path("members.csv", members.export_members, name="members-csv"),
    path("members/<id:customer_id>", member.show_member, name="member"),
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
    path("design", design.show_design, name="design"),
    path("sign-in", session.sign_in, name="sign-in"),
    path("sign-out", session.sign_out, name="sign-out"),
    path("language", session.choose_language, name="language"),
]
