"""The tools, a module a subject; each is thin over use cases."""

from service.mcp.tools import ablation, figures, graph, jobs, reports, runs, sentences

TOOLS = (
    *graph.TOOLS,
    *runs.TOOLS,
    *reports.TOOLS,
    *sentences.TOOLS,
    *figures.TOOLS,
    *jobs.TOOLS,
    *ablation.TOOLS,
)
"""In the order in which they are listed."""
