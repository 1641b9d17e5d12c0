"""The `web` app."""

from django.apps import AppConfig


class WebAppConfig(AppConfig):
    name = "web"

    def ready(self) -> None:
        """What belongs to no app of ours stands last in the side bar; roles follow every migration."""
        from django.db.models.signals import post_migrate

        from web.navigation import NavItem, register
        from web.roles.installing import install_after_migrating

        register(NavItem("System", 90, "API", "doc", "api-docs", permission="", key="d"))
        register(NavItem("System", 95, "Admin", "db", "admin:index", permission="", staff_only=True))
        post_migrate.connect(install_after_migrating, dispatch_uid="web.roles")
