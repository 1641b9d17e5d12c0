"""The graph of a pipeline or an execution, in layers from left to right.

Fill `Node`s in task order and `Edge`s, call `layout(nodes, edges, …)`, draw with `{% graph layout %}`::

    chart = layout([Node("a", "extract"), Node("b", "score")], [Edge("a", "b")], title="Graph of document_analysis",
                   options=Options.read(request.GET), columns=("Took", "Attempts"))
"""

from web.charts.graph.build import layout
from web.charts.graph.model import Change, Edge, Graph, Node, Options, Shape

__all__ = ["Change", "Edge", "Graph", "Node", "Options", "Shape", "layout"]
