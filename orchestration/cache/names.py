"""Names of users as names in the store: short, printable in any store, and never two for one."""

import hashlib

LONGEST = 150


def name_of(text: str) -> str:
    """The name itself where it is short and plain; else its digest behind a mark that no plain name has."""
    if len(text) <= LONGEST and text.isprintable() and text.isascii() and not text.startswith("#"):
        return text
    return "#" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
