"""Tests of tracing: spans as a collector gets them."""
