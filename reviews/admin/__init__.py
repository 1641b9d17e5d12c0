"""The operators' console of reviews: raw rows, and what can be done with them. Importing it registers every page.

Status columns are written by the services alone; who reviews every day has the product's pages.
"""

from reviews.admin import news, people, policies, records, requests

__all__ = ["news", "people", "policies", "records", "requests"]
