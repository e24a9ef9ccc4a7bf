"""What stands around the panels: names and labels of interventions."""

from matplotlib.figure import Figure

from hlhcli.figures import style
from hlhcli.figures.page import Page
from hlhcli.figures.paper import draw, write


def write_names(figure: Figure, page: Page) -> None:
    """Write each marker's name beside its panel, and the title of the time axis below the last."""
    along: style.Look = {"rotation": 90, "multialignment": "center"} if page.name_along_axis else {}
    for name, bottom in zip(page.names, page.bottoms, strict=True):
        middle = bottom + page.panel_height / 2
        write(figure, style.EDGE, middle, name, {"ha": "left", "va": "center", **along})
    if page.time_title:
        place = page.time_title_middle, page.time_title_top
        write(figure, *place, page.time_title, {"ha": "center", "va": "top"})


def draw_labels(figure: Figure, page: Page) -> None:
    """Hang each intervention's label from its leader, over a bar to its stop where that is known."""
    base = page.top + style.ABOVE_PANELS
    for flag, lane in zip(page.lanes.flags, page.lanes.bottoms, strict=True):
        x, stop = flag.start.x, flag.start.stop
        bottom, top = base + lane, base + lane + flag.height
        draw(figure, [x, x], [base, top], {"label": "leader", **style.START_LINE})
        if stop is not None:
            middle = bottom + style.SPAN_ROOM / 2
            draw(figure, [x, stop], [middle, middle], {"label": "span", **style.SPAN_BAR})
        side = "left" if flag.to_right else "right"
        write(figure, flag.text_x, top, flag.text, {"ha": side, "va": "top", "color": style.INTERVENTION})
