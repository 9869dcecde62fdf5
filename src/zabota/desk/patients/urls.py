"""Addresses of patients at the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from zabota.desk.patients import actions, booking, consent_texts, consents, duplicates, views

urlpatterns: list[URLPattern] = [
    path("patients/", views.patient_list, name="patients"),
    path("patients/search/", views.patient_search, name="patient-search"),
    path("patients/new/", views.patient_new, name="patient-new"),
    path("patients/export/csv/", views.patients_export, {"form": "csv"}, name="patients-export-csv"),
    path("patients/export/xlsx/", views.patients_export, {"form": "xlsx"}, name="patients-export-xlsx"),
    path("patients/duplicates/", duplicates.duplicates, name="patients-duplicates"),
    path("patients/duplicates/<str:public_id>/", duplicates.duplicate, name="patients-duplicate"),
    path("patients/duplicates/<str:public_id>/reopen/", duplicates.reopen, name="patients-duplicate-reopen"),
    path("patients/merges/<str:public_id>/undo/", duplicates.merge_undo, name="patients-merge-undo"),
    path("patients/consent-texts/", consent_texts.consent_texts, name="patients-consent-texts"),
    path("patients/consent-texts/<slug:purpose>/", consent_texts.consent_text, name="patients-consent-text"),
    path("patients/<str:public_id>/", views.patient_card, name="patient"),
    path("patients/<str:public_id>/history/", views.patient_timeline, name="patient-timeline"),
    path("patients/<str:public_id>/edit/", views.patient_edit, name="patient-edit"),
    path("patients/<str:public_id>/merge/<str:other_id>/", duplicates.merge_pair, name="patient-merge"),
    path("patients/<str:public_id>/contacts/", actions.contact_add, name="patient-contact-add"),
    path(
        "patients/<str:public_id>/contacts/<int:contact_id>/<slug:action>/",
        actions.contact_change,
        name="patient-contact",
    ),
    path("patients/<str:public_id>/notes/", actions.note_add, name="patient-note"),
    path("patients/<str:public_id>/tags/", actions.tag_add, name="patient-tag-add"),
    path("patients/<str:public_id>/tags/<int:tag_id>/remove/", actions.tag_remove, name="patient-tag-remove"),
    path("patients/<str:public_id>/plans/<str:plan_id>/<slug:action>/", actions.plan_change, name="patient-plan"),
    path("patients/<str:public_id>/stages/<int:stage_id>/done/", actions.stage_done, name="patient-stage"),
    path("patients/<str:public_id>/consents/", consents.consents, name="patient-consents"),
    path("patients/<str:public_id>/consents/no/", consents.consent_take_back, name="patient-consent-no"),
    path(
        "patients/<str:public_id>/consents/<slug:purpose>/document/",
        consents.consent_document,
        name="patient-consent-document",
    ),
    path("patients/<str:public_id>/book/", booking.book, name="patient-book"),
    path("patients/<str:public_id>/visits/<str:visit_id>/<slug:action>/", booking.visit_change, name="patient-visit"),
]
