"""deploy/nginx.conf in front of the web server, with a certificate of its own: what a browser sees."""

import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WorkEnvironment
from tests.deployment.stack import HOSTNAME
from tests.plugin import NOT_RUN
from tests.processes import ROOT, Processes
from tests.services import HOST, find_free_port, wait_until

pytestmark = pytest.mark.one_database

SECRET = "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# nginx wants a main file around what Debian puts into sites-available, and places it may write to.
AROUND = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{server} }}
"""


class Site:
    """nginx on two free ports, gunicorn behind it."""

    def __init__(self, processes: Processes, env: dict[str, str], folder: Path) -> None:
        self.http, self.https, behind = (find_free_port() for _ in range(3))
        _make_certificate(folder)
        server = (ROOT / "deploy" / "nginx.conf").read_text()
        changes = {"127.0.0.1:8000": f"{HOST}:{behind}", "listen 80;": f"listen {self.http};",
                   "listen 443 ssl;": f"listen {self.https} ssl;", "/etc/ssl/orchestration": str(folder)}  # fmt: skip
        for old, new in changes.items():
            assert old in server
            server = server.replace(old, new)
        conf = folder / "nginx.conf"
        conf.write_text(AROUND.format(folder=folder, server=server))
        gunicorn = ("-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "config.wsgi", f"--bind={HOST}:{behind}")
        self.web = processes.python(*gunicorn, env=env, ready="Booting worker", name="web")
        self.nginx = processes.start(str(_find_nginx()), "-c", str(conf), "-p", str(folder), env=env, name="nginx")
        self._context = ssl.create_default_context(cafile=str(folder / "fullchain.pem"))
        self._context.check_hostname = False
        assert wait_until(self._answers), self.nginx.read_log()

    def ask(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and headers over HTTPS, by the site's name."""
        request = urllib.request.Request(f"https://{HOST}:{self.https}{path}", headers={"Host": HOSTNAME} | headers)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self._context) as answer:
                return answer.status, answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers

    def _answers(self) -> bool:
        try:
            return bool(self.ask("/login/"))
        except OSError:
            return False


@pytest.fixture
def site(processes: Processes, work_environment: WorkEnvironment, tmp_path: Path) -> Site:
    env = work_environment(database="sqlite",
        migrated=False, SECRET_KEY=SECRET, ALLOWED_HOSTS=HOSTNAME, HTTPS_ONLY="true",
                           BEHIND_PROXY="true")  # fmt: skip
    return Site(processes, env, tmp_path)


def test_visitors_come_in_over_https_and_cannot_pretend_to_be_somebody_else(site: Site) -> None:
    status, headers = site.ask("/login/")
    assert status == 200
    assert "Secure" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"]
    connection = urllib.request.build_opener(_NoRedirect())
    with pytest.raises(urllib.error.HTTPError) as moved:
        connection.open(urllib.request.Request(f"http://{HOST}:{site.http}/x", headers={"Host": HOSTNAME}), timeout=10)
    with moved.value as answer:
        assert (answer.code, answer.headers["Location"]) == (301, f"https://{HOSTNAME}/x")
    # The address is the one that nginx saw, whatever the visitor claims.
    site.ask("/login/?who", **{"X-Forwarded-For": "192.0.2.7"})
    site.web.wait_for(rf'^{HOST} {HOST} "GET /login/\?who ')
    # A claim of plain HTTP is overwritten too: else this would be sent in a circle.
    assert site.ask("/login/", **{"X-Forwarded-Proto": "http"})[0] == 200


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _find_nginx() -> Path:
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip(NOT_RUN + "nginx: not installed, so its example configuration is not tried")
    return Path(found)


def _make_certificate(folder: Path) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-subj", f"/CN={HOSTNAME}", "-addext", f"subjectAltName=DNS:{HOSTNAME}", "-days", "2",
             "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True)
