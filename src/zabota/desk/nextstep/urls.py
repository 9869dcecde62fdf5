"""Addresses of the rule of the two З and of its actions on a card."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from zabota.desk.nextstep import card, files, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("rule/", views.rule, name="rule"),
    path("rule/check/", views.check_now, name="rule-check"),
    path("rule/thresholds/", views.thresholds, name="rule-thresholds"),
    path("rule/violations.<slug:form>", files.violations_file, name="rule-violations"),
    path("rule/types.<slug:form>", files.types_file, name="rule-types"),
    path("rule/sleepers.<slug:form>", files.sleepers_file, name="rule-sleepers"),
    path("rule/flow.<slug:form>", files.flow_file, name="rule-flow"),
    path("rule/groups.<slug:form>", files.groups_file, name="rule-groups"),
    path("patients/<str:public_id>/exempt/", card.exempt, name="patient-exempt"),
    path("patients/<str:public_id>/return/", card.return_patient, name="patient-return"),
    path("patients/<str:public_id>/referral/", card.refer, name="patient-refer"),
    path("patients/<str:public_id>/referral/end/", card.end_referral, name="patient-refer-end"),
    path("patients/<str:public_id>/recalls/<int:recall_id>/<slug:action>/", card.recall, name="patient-recall"),
]
