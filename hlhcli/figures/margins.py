"""What stands around the panels: names, labels of interventions, legend."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Affine2D, Transform

from hlhcli.figures import page as pages
from hlhcli.figures import style
from hlhcli.figures.page import Page


def write_names(figure: Figure, page: Page) -> None:
    """Write each marker's name beside its panel, and the title of the time axis below the last."""
    along: style.Look = {"rotation": 90, "multialignment": "center"} if page.one_panel else {}
    for name, bottom in zip(page.names, page.bottoms, strict=True):
        middle = bottom + page.panel_height / 2
        _write(figure, style.EDGE, middle, name, {"ha": "left", "va": "center", **along})
    if page.time_title:
        place = page.time_title_middle, page.time_title_top
        _write(figure, *place, page.time_title, {"ha": "center", "va": "top"})


def draw_labels(figure: Figure, page: Page) -> None:
    """Hang each intervention's label from its leader, over a bar to its stop where that is known."""
    base = page.top + style.ABOVE_PANELS
    for flag, lane in zip(page.lanes.flags, page.lanes.bottoms, strict=True):
        x, stop = flag.start.x, flag.start.stop
        bottom, top = base + lane, base + lane + flag.height
        _draw(figure, [x, x], [base, top], {"label": "leader", **style.START_LINE})
        if stop is not None:
            middle = bottom + style.SPAN_ROOM / 2
            _draw(figure, [x, stop], [middle, middle], {"label": "span", **style.SPAN_BAR})
        side = "left" if flag.to_right else "right"
        _write(figure, flag.text_x, top, flag.text, {"ha": side, "va": "top", "color": style.INTERVENTION})


def add_legend(figure: Figure, page: Page, others: Mapping[str, Line2D | Patch] | None = None) -> None:
    """Explain the marks that this figure shows, ``others`` among them, below everything else."""
    if not page.legend:
        return
    handles = {
        pages.INFERRED: Line2D([], [], **style.HOLLOW_POINT),
        pages.DISTURBED: Line2D([], [], **{**style.DISTURBED, "markersize": style.POINT_SIZE}),
        pages.ABOVE: Line2D([], [], **style.UP_KEY),
        pages.BELOW: Line2D([], [], **style.DOWN_KEY),
        pages.REFERENCE: Patch(**style.REFERENCE_BAND),
        pages.SHORTENED: Line2D([], [], **style.GAP_LINE),
        **(others or {}),
    }
    figure.legend(
        [handles[text] for text in page.legend],
        page.legend,
        bbox_to_anchor=(style.EDGE, style.EDGE),
        bbox_transform=_paper(figure),
        ncols=page.legend_columns,
        **style.LEGEND,
    )


def _paper(figure: Figure) -> Transform:
    """Millimeters from the lower left corner of the paper."""
    return Affine2D().scale(1 / style.MM_PER_INCH) + figure.dpi_scale_trans


def _write(figure: Figure, x: float, y: float, text: str, look: style.Look) -> None:
    # Names come from the user's file: a dollar sign in one is a dollar sign.
    figure.text(x, y, text, transform=_paper(figure), parse_math=False, **look)


def _draw(figure: Figure, xs: list[float], ys: list[float], look: style.Look) -> None:
    figure.add_artist(Line2D(xs, ys, transform=_paper(figure), **look))
