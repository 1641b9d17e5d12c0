"""The `web` app."""

from django.apps import AppConfig


class WebAppConfig(AppConfig):
    name = "web"

    def ready(self) -> None:
        """What belongs to no app of ours stands last in the side bar."""
        from web.navigation import NavItem, register

        register(NavItem("System", 90, "API", "doc", "api-docs", permission="", key="d"))
        register(NavItem("System", 95, "Admin", "db", "admin:index", permission="", staff_only=True))
