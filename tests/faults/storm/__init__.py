"""The long fault run: `python -m tests.faults.storm --minutes 60 --seed 1 --profile all` (docs/guarantees.md).

`run` owns one storm over real processes, `faults` the table of what may happen, `load` the program that submits,
`people` those who review in it, `audit` the program that judges, `workload` the pipelines and what each of their tasks
must return, `report` the figures and the page that shows them.
"""
