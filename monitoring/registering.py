"""What monitoring adds to the frame of the pages: its entry in the side bar, its search, its panels elsewhere."""

from monitoring.search import search_rules
from monitoring.views import panels as ours
from monitoring.views import parts
from web import navigation, panels, search
from web.navigation import NavItem


def register_pages() -> None:
    """Called once, in the app's `ready()`."""
    item = NavItem("System", 20, "Monitoring", "monitoring", "monitoring", parts.READ, count=parts.firing, key="m")
    navigation.register(item)
    search.register("Alert rules", search_rules)
    panels.register("overview", "alerts", ours.overview_panel, order=20)
    panels.register("execution", "alerts", ours.execution_panel, order=50)
