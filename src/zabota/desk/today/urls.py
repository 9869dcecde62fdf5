"""Addresses of the worklist at the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from zabota.desk.today import scripts, tasks, views

urlpatterns: list[URLPattern] = [
    path("today/", views.today, name="today"),
    path("today/queue/", views.queue, name="today-queue"),
    path("today/more/", tasks.more, name="today-more"),
    path("today/<str:public_id>/", views.person, name="today-person"),
    path("today/<str:public_id>/outcome/<slug:outcome>/", views.outcome, name="today-outcome"),
    path("today/<str:public_id>/book/", views.book, name="today-book"),
    path("today/<str:public_id>/undo/", views.undo, name="today-undo"),
    path("today/<str:public_id>/take/", tasks.take, name="today-take"),
    path("today/<str:public_id>/hand/", tasks.hand, name="today-hand"),
    path("today/<str:public_id>/snooze/", tasks.snooze, name="today-snooze"),
    path("tasks/new/<str:patient_id>/", tasks.new, name="task-new"),
    path("tasks/<str:public_id>/", tasks.task, name="task"),
    path("scripts/", scripts.scripts, name="scripts"),
    path("scripts/<slug:reason>/", scripts.script, name="script"),
]
