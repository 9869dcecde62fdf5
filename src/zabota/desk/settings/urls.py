"""Addresses of staff, clinic, trail and system."""

from __future__ import annotations

from django.urls import path

from zabota.desk.settings import catalogue, clinic, sources, staff, system, trail

urlpatterns = [
    path("staff/", staff.people, name="staff"),
    path("staff/new/", staff.invite, name="staff-new"),
    path("staff/<str:public_id>/", staff.person, name="staff-person"),
    path("staff/<str:public_id>/<slug:action>/", staff.act, name="staff-act"),
    path("clinic/", clinic.about, name="clinic"),
    path("clinic/branches/new/", clinic.branch, name="clinic-branch-new"),
    path("clinic/branches/<str:public_id>/", clinic.branch, name="clinic-branch"),
    path("clinic/doctors/", clinic.doctors, name="clinic-doctors"),
    path("clinic/doctors/new/", clinic.doctor, name="clinic-doctor-new"),
    path("clinic/doctors/<str:public_id>/", clinic.doctor, name="clinic-doctor"),
    path("clinic/services/", catalogue.services, name="clinic-services"),
    path("clinic/services/sort/", catalogue.sort_services, name="clinic-services-sort"),
    path("clinic/services/<str:public_id>/", catalogue.service, name="clinic-service"),
    path("clinic/groups/new/", catalogue.new_group, name="clinic-group-new"),
    path("clinic/groups/<str:public_id>/", catalogue.group, name="clinic-group"),
    path("clinic/sources/", sources.sources, name="clinic-sources"),
    path("clinic/goal/", catalogue.goal, name="clinic-goal"),
    path("trail/", trail.trail, name="trail"),
    path("trail.csv", trail.trail_csv, name="trail-csv"),
    path("system/", system.system, name="system"),
    path("system/retry/", system.retry, name="system-retry"),
]
