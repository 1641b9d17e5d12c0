"""The REST interface of reviews, under `/api/v1/`. Reads through selectors, acts through services; owns the shapes."""
