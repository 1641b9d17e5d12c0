"""What the REST interfaces of all apps are made of: strict fields, parameters, filters, steps of addresses.

The shape of errors, pages, permissions and bodies are `config.api`'s, reached through the settings of the framework.
"""
