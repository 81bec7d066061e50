"""The addresses of event rules in the back office."""

from django.urls import path

from dangol.web.pages import event_rule_editor, event_rule_trials, event_rules, member_earning

urlpatterns = [
    path("event-rules", event_rules.list_all, name="event-rules"),
    path("event-rules/new", event_rule_editor.make, name="event-rule-new"),
    path("event-rules/trials/<id:deed_trial_id>", event_rule_trials.show_trial, name="event-rule-trial"),
    path(
        "event-rules/trials/<id:deed_trial_id>/cancel",
        event_rule_trials.cancel,
        name="event-rule-trial-cancel",
    ),
    path("event-rules/<id:deed_rule_id>", event_rules.show, name="event-rule"),
    path("event-rules/<id:deed_rule_id>/edit", event_rule_editor.edit, name="event-rule-edit"),
    path("event-rules/<id:deed_rule_id>/awards", event_rules.show_awards, name="event-rule-awards"),
    path("event-rules/<id:deed_rule_id>/try", event_rule_trials.start, name="event-rule-try"),
    path("event-rules/<id:deed_rule_id>/publish", event_rules.publish, name="event-rule-publish"),
    path("event-rules/<id:deed_rule_id>/ask", event_rules.ask, name="event-rule-ask"),
    path("event-rules/<id:deed_rule_id>/pause", event_rules.pause, name="event-rule-pause"),
    path("event-rules/<id:deed_rule_id>/resume", event_rules.resume, name="event-rule-resume"),
    path("event-rules/<id:deed_rule_id>/archive", event_rules.archive, name="event-rule-archive"),
    path("event-rules/<id:deed_rule_id>/restore", event_rules.restore, name="event-rule-restore"),
    path("event-rules/<id:deed_rule_id>/discard", event_rules.discard, name="event-rule-discard"),
    path("members/<id:customer_id>/earning", member_earning.show, name="member-earning"),
]
