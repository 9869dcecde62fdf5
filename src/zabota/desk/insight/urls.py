"""Addresses of the pulse and of the report."""

from __future__ import annotations

from django.urls import URLPattern, path

from zabota.desk.insight import audit, people, pulse

urlpatterns: list[URLPattern] = [
    path("pulse/", pulse.pulse, name="pulse"),
    path("pulse/refresh/", pulse.refresh, name="pulse-refresh"),
    path("pulse/state/", pulse.state, name="pulse-state"),
    path("pulse/<slug:table>.<slug:form>", pulse.as_table, name="pulse-table"),
    path("audit/", audit.audit, name="audit"),
    path("audit/refresh/", audit.refresh, name="audit-refresh"),
    path("audit/state/", audit.state, name="audit-state"),
    path("audit/report.html", audit.as_html, name="audit-html"),
    path("audit/report.json", audit.as_json, name="audit-json"),
    path("audit/<slug:table>.<slug:form>", audit.as_table, name="audit-table"),
    path("insight/<slug:report_id>/people/<slug:place>/", people.people, name="behind"),
    path("insight/<slug:report_id>/people/<slug:place>/list.<slug:form>", people.people_file, name="behind-file"),
    path("insight/<slug:report_id>/people/<slug:place>/send/", people.send, name="behind-send"),
]
