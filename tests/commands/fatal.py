"""A handler module that no worker survives: TASK_HANDLER_MODULES=tests.commands.fatal."""

import sys

sys.exit("this module ends its worker")
