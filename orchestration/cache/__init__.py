"""The result cache: the same question is paid for once, and nobody gets a wrong answer. docs/cache.md explains it.

`keys` says when two questions are the same, `policies` what memory keeps, `tiers` where entries live, `two_levels` puts
memory in front of the store all processes share, `task_results` is what the engine calls, `facade` what users call.
"""
