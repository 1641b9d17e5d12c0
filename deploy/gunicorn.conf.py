"""gunicorn's settings: `gunicorn --config deploy/gunicorn.conf.py config.wsgi`, in the image and under systemd alike.

WEB_CONCURRENCY (gunicorn's own variable, default 1) is the number of processes, PORT the port; `--bind` wins over it.
"""

import os
from pathlib import Path

from config.api.environment import ApiConfig
from config.environment import DjangoConfig

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
# An event stream holds a thread for minutes; beside those there are always eight for requests.
threads = 8 + ApiConfig.from_env().api_max_streams
# Heartbeats of the processes, which must not wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes a file of its own there
# Seconds. A process that gives no sign of life is replaced; slow requests do not count, threads serve them.
timeout = 60
# What a stopping process gives the requests in flight; event streams are cut, and their clients come back.
graceful_timeout = 20
# Longer than a proxy keeps its idle connections, so that it never uses one that is being closed.
keepalive = 75
# Behind a proxy every request comes from it, and its X-Forwarded-Proto counts (BEHIND_PROXY says the same to Django).
forwarded_allow_ips = "*" if DjangoConfig.from_env().behind_proxy else "127.0.0.1,::1"
control_socket_disable = True
accesslog = "-"
access_log_format = '%({x-forwarded-for}i)s %(h)s "%(r)s" %(s)s %(b)s %(M)sms'
