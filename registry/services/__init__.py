"""The verbs of the registry: keyword-only functions, one transaction each. They alone write its tables."""
