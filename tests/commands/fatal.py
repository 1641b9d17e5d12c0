"""A handler module that no worker survives: TASK_HANDLER_MODULES=tests.commands.fatal."""

import sys

if "worker" in sys.argv:  # a command that checks a definition loads it too
    sys.exit("this module ends its worker")
