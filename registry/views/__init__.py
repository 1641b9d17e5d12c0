"""The registry's pages: the list, one model with its pointers and history, one version, comparing, registering."""
