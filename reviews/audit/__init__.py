"""The history of reviews: `chain` is its arithmetic, `trail` writes it, `verification` and `export` read it."""
