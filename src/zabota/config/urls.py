"""Addresses of Zabota: each face brings its own list."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("zabota.desk.account_urls")),
    path("ui/", include("zabota.ui.urls")),
    path("api/", include("zabota.webapi.urls")),
    path("p/", include("zabota.portal.urls")),
    path("", include("zabota.desk.urls")),
]
handler404 = "zabota.desk.errors.not_found"
handler500 = "zabota.desk.errors.server_error"
handler403 = "zabota.desk.errors.not_found"
