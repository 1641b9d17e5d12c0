"""Whose certificates outgoing connections trust: the machine's, or those of SSL_CERT_FILE or SSL_CERT_DIR."""

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """One for the whole process: reading the certificates takes longer than a request on the local network."""
    import httpx2  # knows where each system keeps them; a heavy one, which only who sends needs

    return httpx2.create_ssl_context()
