"""Addresses of the pages of pipelines and executions; the include files are for those about one of them."""

from django.urls import include, path

from orchestration.views import cache, cache_tags, executions, executions_bulk, executions_csv, overview

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("executions/", executions.executions, name="executions"),
    path("executions/selected/", executions_bulk.executions_bulk, name="executions-bulk"),
    path("executions.csv", executions_csv.executions_csv, name="executions-csv"),
    path("cache/", cache.cache, name="cache"),
    path("cache/invalidate/", cache_tags.invalidate_tags, name="cache-invalidate"),
    path("", include("orchestration.urls_detail")),
    path("", include("orchestration.urls_pipelines")),
]
