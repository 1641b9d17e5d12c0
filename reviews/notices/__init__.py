"""Telling people: `outbox` writes with what it tells about, `sending` sends afterwards, `webhooks` signs."""
