"""Static files and their names: with the content's hash once `collectstatic` has run, plain before.

Collected names never change their content, so browsers keep them for good; imports between our ES modules are
rewritten to such names too. Plain names come from whitenoise's finders and are asked for again after a minute. Both
work with relative imports, so no import map (which would be an inline script) is needed.
"""

from os.path import isdir

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

# `import … from "./live.js"` and `import "./live.js"`. Django's own switch would look into other people's scripts,
# too, where it stumbles over comments.
_MODULE_IMPORT = r"""(?P<matched>(?P<what>\bimport\s+(?:[\w*{},\s]+?\s+from\s+)?)["'](?P<url>\.[^"']+)["'])"""


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Whitenoise's storage that does without a manifest as long as there is none."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", ((_MODULE_IMPORT, '%(what)s"%(url)s"'),)))

    def stored_name(self, name: str) -> str:
        """A file that is missing from a manifest is an error; without a manifest every name is its own."""
        return str(super().stored_name(name)) if self.hashed_files else name


class StaticMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Whitenoise's, which would warn at every start as long as nothing was collected."""

    def add_files(self, root: str, prefix: str | None = None) -> None:
        if isdir(root):
            super().add_files(root, prefix)
