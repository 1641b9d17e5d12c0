"""What every REST view of the project shares: error shape, pagination, permissions, JSON bodies, OpenAPI.

Reached through Django REST framework's settings only, so that no app imports `config`. Imports nothing here: the
settings read `config.api.environment` when Django starts.
"""
