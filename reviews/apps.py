"""The `reviews` app."""

from django.apps import AppConfig


class ReviewsAppConfig(AppConfig):
    name = "reviews"
