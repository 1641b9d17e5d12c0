"""A task type that takes anything, for definitions that are about something else."""

from orchestration.definition import TaskTypeSpec, register_task_type

register_task_type(TaskTypeSpec("sample", "takes anything", parameters=None, model="optional"))
