"""Who gets a review: `scoring` and `ranking` are pure, `routing` is the one transaction that enforces capacity."""
