"""Random small tables of labs and interventions with all that makes real ones hard."""

from hypothesis import strategies as st

HEADER = "subject,marker,time,value,unit\n"
SUBJECTS = st.sampled_from(
    [["p1", "p10", "p2"], ["2", "10", "1"], ["01", "1", "7"], ["9007199254740993", "9007199254740992"]]
)
DAYS = st.integers(1, 12)
CLOCKS = st.sampled_from(["", "T08:15", " 23:59:59.5"])
VALUES = st.sampled_from(
    ["1", "2.5", "-3", "0", "", "<5", "≥40", "1e3", "0.1", " 7 ", "1 200", "4 H", "not done", "4o"]
)
MARKERS = st.sampled_from(["CRP", "crp", "NA", "Ferritin (ng/mL)", "PLT", "own, marker"])
UNITS = st.sampled_from({"CRP": ["mg/L", "mg/dL"], "PLT": ["G/L", "/uL"]}["CRP"])
LIMITS = st.sampled_from(["", "", "", "3", "1.5"])


@st.composite
def cohorts(draw):
    subjects = draw(SUBJECTS)
    by_day, fractions, ranges = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())

    def moment():
        if by_day:
            return f"{draw(DAYS)}{draw(st.sampled_from(['', '.5'])) if fractions else ''}"
        return f"2020-01-{draw(DAYS):02}{draw(CLOCKS)}"

    def row(subject):
        marker = draw(MARKERS)
        unit = draw(UNITS) if marker.lower() == "crp" else ""
        limit = f",{draw(LIMITS)}" if ranges else ""
        return f'{subject},"{marker}",{moment()},{draw(VALUES)},{unit}{limit}'

    labs = [
        row(name) for name in [*subjects, *draw(st.lists(st.sampled_from([*subjects, "none"]), max_size=25))]
    ]
    treated = draw(st.lists(st.sampled_from(subjects), min_size=1, max_size=6))
    drugs = [f"{name},{draw(st.sampled_from('xyz'))},{moment()}" for name in treated]
    header = HEADER.strip() + (",reference_high" if ranges else "")
    return (
        "\n".join([header, *draw(st.permutations(labs))]) + "\n",
        "\n".join(["subject,intervention,start", *drugs]) + "\n",
    )
