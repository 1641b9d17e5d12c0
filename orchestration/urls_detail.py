"""Addresses of the pages about one execution. The page itself is named `execution`, with `execution_id`."""

from django.urls import path

from orchestration.views.execution import actions, charts, panel, tables, values

_ONE = "executions/<uuid:execution_id>/"

urlpatterns = [
    path(_ONE, charts.execution_timeline, name="execution"),
    path(f"{_ONE}graph/", charts.execution_graph, name="execution-graph"),
    path(f"{_ONE}tasks/", tables.execution_tasks, name="execution-tasks"),
    path(f"{_ONE}tasks/<slug:name>/", panel.execution_task, name="execution-task"),
    path(f"{_ONE}tasks/<slug:name>/output.json", values.output_file, name="execution-output-file"),
    path(f"{_ONE}data/", values.execution_data, name="execution-data"),
    path(f"{_ONE}<slug:what>.json", values.execution_file, name="execution-file"),
    path(f"{_ONE}events/", tables.execution_events, name="execution-events"),
    path(f"{_ONE}definition/", values.execution_definition, name="execution-definition"),
    path(f"{_ONE}cancel/", actions.cancel, name="cancel-execution"),
    path(f"{_ONE}pause/", actions.pause, name="pause-execution"),
    path(f"{_ONE}resume/", actions.resume, name="resume-execution"),
    path(f"{_ONE}rerun/", actions.rerun, name="rerun-execution"),
]
