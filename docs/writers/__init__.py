"""Writes the reference from the code, one module for each document. `docs.make_reference` calls them."""
