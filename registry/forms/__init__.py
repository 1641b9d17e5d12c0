"""The forms of the registry's pages: they read what people type; what may be stored is the services' to say."""
