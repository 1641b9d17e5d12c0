"""The registry over REST: views translate and call services, nothing more."""
