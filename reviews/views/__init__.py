"""The pages of reviews: they read selectors, call services, and render."""
