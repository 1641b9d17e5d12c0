"""Whose certificates outgoing connections trust: the machine's, or those of SSL_CERT_FILE or SSL_CERT_DIR."""

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """One for the whole process: reading the certificates takes longer than a request on the local network.

    Raises `OSError`, which names the variables.
    """
    import httpx2  # knows where each system keeps them; a heavy one, which only who sends needs

    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        raise OSError(f"no certificates can be read ({error}): see SSL_CERT_FILE and SSL_CERT_DIR") from error
