"""The `registry` app."""

from django.apps import AppConfig


class RegistryAppConfig(AppConfig):
    name = "registry"

    def ready(self) -> None:
        from registry.selectors.search import search_models
        from web import navigation, search
        from web.navigation import NavItem

        permission = "registry.view_registeredmodel"
        navigation.register(NavItem("System", 10, "Registry", "registry", "models", permission, key="r"))
        search.register("Models", search_models)
