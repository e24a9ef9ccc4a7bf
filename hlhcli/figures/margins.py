"""What stands around the panels: names, labels of interventions, legend."""

from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hlhcli.figures import page as pages
from hlhcli.figures import style
from hlhcli.figures.page import Page
from hlhcli.figures.paper import draw, millimeters, write


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


def add_legend(figure: Figure, page: Page) -> None:
    """Explain the marks that this figure shows, below everything else."""
    if not page.legend:
        return
    handles = {
        pages.MOMENT: Line2D([], [], **style.MOMENT),
        pages.OPEN_END: tuple(Patch(facecolor=shade, linewidth=0) for shade in style.FADE[::4]),
        pages.INFERRED: Line2D([], [], **style.HOLLOW_POINT),
        pages.ABOVE: Line2D([], [], **style.UP_KEY),
        pages.BELOW: Line2D([], [], **style.DOWN_KEY),
        pages.REFERENCE: Patch(**style.REFERENCE_BAND),
        pages.SHORTENED: Line2D([], [], **style.GAP_LINE),
    }
    figure.legend(
        [handles[text] for text in page.legend],
        page.legend,
        bbox_to_anchor=(style.EDGE, style.EDGE),
        bbox_transform=millimeters(figure),
        ncols=page.legend_columns,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        **style.LEGEND,
    )
