"""First on the path of the processes that tests start, which so go without what only the tests' tools bring along.

moto brings cffi. Celery's pool takes it where it finds it, and then parses C for a sixth of a second in every child.
"""

raise ModuleNotFoundError("cffi is not in requirements.txt", name="cffi")
