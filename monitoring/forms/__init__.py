"""The forms of monitoring."""
