"""REST of monitoring: translates, nothing more."""
