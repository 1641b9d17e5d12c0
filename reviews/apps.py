"""The `reviews` app: what waits for a person, who decides it, and the record of it all."""

from django.apps import AppConfig


class ReviewsAppConfig(AppConfig):
    name = "reviews"

    def ready(self) -> None:
        from reviews.views import panels as ours
        from reviews.views.who import VIEW
        from web import navigation, panels, search
        from web.navigation import NavItem

        people, policies = "reviews.view_reviewerprofile", "reviews.view_escalationpolicy"
        navigation.register(NavItem("People", 10, "Inbox", "inbox", "reviews", VIEW, count=ours.count_mine))
        news = NavItem("People", 20, "Notifications", "bell", "review-notifications", VIEW, count=ours.count_unread)
        navigation.register(news)
        navigation.register(NavItem("People", 30, "Reviewers", "team", "reviewers", people))
        navigation.register(NavItem("People", 40, "Policies", "clock", "review-policies", policies, key="y"))
        panels.register("overview", "reviews", ours.needs_me)
        panels.register("execution.task", "review", ours.review_of)
        search.register("Reviews", ours.search_reviews)
        search.register("Reviewers", ours.search_reviewers)
