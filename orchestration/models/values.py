"""Values too large to sit in a row, kept once by their content."""

from django.db import models


class Blob(models.Model):
    """A content-addressed value: the SHA-256 of its encoded JSON names it. Rows hold `{"$blob": digest, "size": n}`."""

    digest = models.CharField(primary_key=True, max_length=64)
    size = models.PositiveBigIntegerField(help_text="bytes before compression")
    content = models.BinaryField(help_text="zlib-compressed encoded JSON")
    # Refreshed when the same value is written again, so that pruning never takes a blob a writer has just relied on.
    touched_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["touched_at"], name="blob_touched")]  # prune: oldest first

    def __str__(self) -> str:
        return f"{self.digest[:12]} ({self.size} bytes)"
