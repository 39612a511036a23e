"""The layered figure of a page as tests meet it: where its nodes are, and what it tells of them."""

from playwright.sync_api import Locator, Page

CENTRES = """axis => [...document.querySelectorAll(`[data-axis=${axis}] text`)].map(label => {
    const box = label.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
})"""


def figure(page: Page) -> Locator:
    """What listens to pointer and keyboard."""
    return page.get_by_role("application")


def node_at(page: Page, layer: float, column: float) -> tuple[float, float]:
    """Where a node is on the screen, while the figure is not zoomed and its labels are not turned; or between some."""
    figure(page).scroll_into_view_if_needed()
    places, layers = page.evaluate(CENTRES, "places"), page.evaluate(CENTRES, "layers")
    x = places[0][0] + column * (places[-1][0] - places[0][0]) / (len(places) - 1)
    y = layers[0][1] + layer * (layers[-1][1] - layers[0][1]) / (len(layers) - 1)
    return x, y


def told(page: Page) -> Locator:
    """What is told of what the pointer is at."""
    return figure(page).locator("> div").last
