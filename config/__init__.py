"""What the processes of an installation share: settings, addresses, logging, the Celery application.

Python looks for garbage after every 700 new objects by default, and twice more when a process ends. A start makes a
million objects, none of them garbage, so the search alone is a tenth of a start and most of an end.
"""

import atexit
import gc

gc.set_threshold(150_000, 20, 100)
atexit.register(gc.freeze)
