"""Addresses of the pulse and of the report."""

from __future__ import annotations

from django.urls import URLPattern, path

from zabota.desk.insight import audit, cohorts, goal_page, metrics, people, pulse, strategy, value, views_saved, where

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
    path("insight/where/", where.where, name="where"),
    path("insight/where/state/", where.state, name="where-state"),
    path("insight/where/<slug:table>.<slug:form>", where.as_table, name="where-table"),
    path("insight/cohorts/", cohorts.cohorts, name="cohorts"),
    path("insight/cohorts/refresh/", cohorts.refresh, name="cohorts-refresh"),
    path("insight/cohorts/state/", cohorts.state, name="cohorts-state"),
    path("insight/cohorts/alarms/", cohorts.alarms, name="cohorts-alarms"),
    path("insight/cohorts/<slug:table>.<slug:form>", cohorts.as_table, name="cohorts-table"),
    path("insight/goal/", goal_page.goal, name="goal"),
    path("insight/goal/state/", goal_page.state, name="goal-state"),
    path("insight/goal/<slug:table>.<slug:form>", goal_page.as_table, name="goal-table"),
    path("insight/strategy/", strategy.strategy, name="strategy"),
    path("insight/strategy/refresh/", strategy.refresh, name="strategy-refresh"),
    path("insight/strategy/state/", strategy.state, name="strategy-state"),
    path("insight/strategy/deck.html", strategy.deck, name="strategy-deck"),
    path("insight/strategy/book.xlsx", strategy.book, name="strategy-book"),
    path("insight/strategy/<slug:table>.<slug:form>", strategy.as_table, name="strategy-table"),
    path("insight/saved/", views_saved.save, name="view-save"),
    path("insight/saved/<slug:view_id>/drop/", views_saved.drop, name="view-drop"),
    path("insight/<slug:report_id>/people/<slug:place>/", people.people, name="behind"),
    path("insight/<slug:report_id>/people/<slug:place>/list.<slug:form>", people.people_file, name="behind-file"),
    path("insight/<slug:report_id>/people/<slug:place>/send/", people.send, name="behind-send"),
    path("metrics/", metrics.metrics, name="metrics"),
    path("metrics/gather/", metrics.metrics_gather, name="metrics-gather"),
    path("metrics/compare/", metrics.metrics_compare, name="metrics-compare"),
    path("metrics/table.<slug:form>", metrics.metrics_file, name="metrics-file"),
    path("metrics/<slug:key>/people/", metrics.metric_people, name="metric-people"),
    path("calls/", value.calls, name="calls"),
    path("calls/send/", value.calls_send, name="calls-send"),
    path("calls/refresh/", value.calls_refresh, name="calls-refresh"),
]
