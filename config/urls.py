"""Addresses of the whole site; each app owns its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config.api.openapi import JsonDocument, NoSuchAddress, RedocPage, SwaggerPage, YamlDocument

admin.autodiscover()

api_v1: list[URLPattern | URLResolver] = [
    path("", include("orchestration.api.urls")),
    path("", include("registry.api.urls")),
    path("", include("reviews.api.urls")),
    path("", include("monitoring.api.urls")),
    path("openapi.json", JsonDocument.as_view(), name="openapi-json"),
    path("openapi.yaml", YamlDocument.as_view(), name="openapi-yaml"),
    path("docs", SwaggerPage.as_view(), name="api-docs"),
    path("redoc", RedocPage.as_view(), name="api-redoc"),
]

urlpatterns = [
    path("", include("web.urls")),
    path("", include("orchestration.urls")),
    path("", include("registry.urls")),
    path("", include("reviews.urls")),
    path("", include("monitoring.urls")),
    path("", include("monitoring.urls_pages")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(api_v1)),
    re_path(r"^api(?:/|\Z)", NoSuchAddress.as_view()),
]

handler400 = "config.api.problems.handle_400"
handler500 = "config.api.problems.handle_500"
