"""What time does to a review: `timeline` is pure, `running` carries out what is due."""
