"""What the processes of an installation share: settings, addresses, logging, the Celery application.

Python looks for garbage after every 700 new objects by default. A start makes a million of them, none of them garbage,
so the search alone is a tenth of it.
"""

import gc

gc.set_threshold(50_000, 20, 100)
