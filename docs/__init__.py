"""The handbook, and the scripts that write its pictures and its reference."""
