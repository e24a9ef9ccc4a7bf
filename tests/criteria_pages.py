"""The pages of ``docs/criteria``: each table is written from its definition file, so that it cannot drift.

``python -m tests.criteria_pages`` writes them; `tests.test_criteria_pages` checks them, and that
each worked example gives what the page says.
"""

from pathlib import Path

from hlhcli import facts
from hlhcli.criteria import builtin
from hlhcli.criteria.responses import find_responses

FOLDER = Path(__file__).parents[1] / "docs" / "criteria"

EXAMPLES = {
    "hscore": (
        "temperature 38.4 °C; liver yes; spleen no; hemoglobin 9.2 g/dL; wbc 5.0 10^9/L; platelets 111 10^9/L; "
        "ferritin 2000 ng/mL; triglycerides 1.5 mmol/L; fibrinogen 2.5 g/L; ast 30 U/L; immunosuppression no; "
        "hemophagocytosis no",
        "208 to 208, met",
        "0 + 33 + 23 + 24 + 35 + 44 + 30 + 19 + 0 = 208: every value lies on the edge of its row.",
    ),
    "hlh-2004": (
        "fever no; spleen yes; hemoglobin 7.8 g/dL; platelets 82 10^9/L; fibrinogen 98 mg/dL; "
        "hemophagocytosis yes; ferritin 2440 ng/mL",
        "5 to 7, met",
        "Spleen, cytopenia (two lineages suffice), fibrinogen, hemophagocytosis and ferritin are five; NK activity "
        "and the soluble IL-2 receptor are open.",
    ),
    "hlh-2024": (
        "temperature 39 °C; spleen yes; platelets 99 10^9/L; neutrophils 0.9 10^9/L; triglycerides 264 mg/dL; "
        "fibrinogen 150 mg/dL; ferritin 499 µg/L",
        "4 to 6, unknown",
        "Ferritin is not met; hemophagocytosis or the soluble IL-2 receptor would decide.",
    ),
    "mas-2016": (
        "systemic jia yes; fever yes; ferritin 685 ng/mL; platelets 181 10^9/L; ast 48 U/L; "
        "triglycerides 156 mg/dL; fibrinogen 360 mg/dL",
        "2 to 2, met",
        "Ferritin is above 684; platelets and fibrinogen count on their edges, AST and triglycerides do not.",
    ),
    "ms-score": (
        "systemic jia yes; fever yes; cns no; hemorrhage no; arthritis no; platelets 70 10^9/L; ldh 300 U/L; "
        "fibrinogen 560 mg/dL; ferritin 500 ng/mL",
        "-2.1 to -2.1, met",
        "−0.21 + 0.3 − 2.24 + 0.05 = −2.1, on the cut-off; binary fractions would give a little less.",
    ),
    "ferritin-esr": (
        "systemic jia yes; ferritin 2150 ng/mL; esr 100 mm/h",
        "21.5 to 21.5, met",
        "2150 / 100 = 21.5.",
    ),
    "ohi": (
        "hematologic malignancy yes; age 40 years; soluble il-2 receptor 3901 U/mL; ferritin 1000 ng/mL",
        "1 to 1, not met",
        "Ferritin must be above 1000.",
    ),
    "isth-dic": (
        "dic-associated disorder yes; platelets 49 10^9/L; d-dimer 6 mg/L FEU; fibrinogen 0.9 g/L",
        "3 to 8, unknown",
        "Two points from platelets and one from fibrinogen; D-dimer has no reference limit here, so that its "
        "0 to 3 points, and those of PT, are open.",
    ),
    "sic": (
        "sepsis yes; platelets 99 10^9/L; inr 1.2; sofa of four organs 2",
        "4 to 4, not met",
        "Four points, but platelets and INR give only two of the three that they must.",
    ),
}
"""For each definition: what is given, the score and verdict that it must give, and how that comes."""


def pages():
    """Every page with its text."""
    for definition in builtin():
        yield FOLDER / f"{definition.name}.md", score_page(definition)
    for response in find_responses([]):
        yield FOLDER / f"response-{response.name}.md", response_page(response)
    yield FOLDER / "ctcae.md", ctcae_page()


def score_page(definition):
    given, result, reason = EXAMPLES[definition.name]
    cutoff = f"{definition.counts} {definition.positive.edge} {definition.positive.threshold}"
    also = definition.subtotal
    parts = [
        f"# {definition.title}",
        f"`hlhcli score --definition {definition.name}` · written from `hlhcli/criteria/definitions/{definition.file}`",
        f"Source: {definition.source} (confidence {definition.confidence}).",
        f"Setting: {definition.setting}",
        f"Criteria are met at {cutoff}"
        + (f", of which {' and '.join(also.of)} {also.edge} {also.threshold}." if also else "."),
        definition.note,
        "## Criteria",
        criteria_table(definition),
        notes(definition),
        probability(definition),
        "## Worked example",
        f"Given: {given}.",
        f"Result: {result}.",
        reason,
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def criteria_table(definition):
    lines = ["| criterion | item | as published | counts | source |", "|---|---|---|---|---|"]
    for one in definition.criteria:
        scheme = f" ({one.scheme})" if one.scheme else ""
        source = "" if one.source == definition.source else f"{one.source} ({one.confidence})"
        for rule in one.rules:
            lines.append(
                f"| {one.name}{scheme} | {rule.item} | {rule.words} | {counted(one, rule)} | {source} |"
            )
    return "\n".join(lines)


def counted(one, rule):
    """What a row gives, in words."""
    if one.role != "counted":
        return one.role
    if rule.points is not None:
        return f"{rule.points} points"
    if one.points_by_count:
        return f"{', '.join(map(str, one.points_by_count))} points for 0 to {len(one.items)} met"
    if one.weighed:
        return "added up"
    points = f"{one.points} point{'' if one.points == 1 else 's'}"
    return points if len(one.items) == 1 else f"{points} from {one.need} of {len(one.items)}"


def notes(definition):
    told = [
        f"- {one.name}{f' ({one.scheme})' if one.scheme else ''}: {one.note}"
        for one in definition.criteria
        if one.note
    ]
    return "\n".join(told)


def probability(definition):
    if not definition.probability:
        return ""
    rows = [f"| up to {one.up_to} | {one.percent} |" for one in definition.probability]
    return "\n".join(["## Probability", "", "| score | probability |", "|---|---|", *rows])


def response_page(definition):
    rows = [f"| {rule.item} | {rule.words} |" for rule in definition.rules]
    if definition.any_marker:
        rows = ["| any marker with a known better direction | improvement by the percentage |"]
    levels = [f"| {level.name} | {level.words} |" for level in definition.levels]
    left = [*definition.clinical, *(f"{name} (not verified)" for name in definition.unverified)]
    parts = [
        f"# {definition.title}",
        f"`hlhcli response --definition {definition.name}` · written from `hlhcli/criteria/responses/{definition.name}.toml`",
        f"Source: {definition.source} (confidence {definition.confidence}).",
        f"Setting: {definition.setting}",
        definition.note,
        "\n".join(["| item | required |", "|---|---|", *rows]),
        "\n".join(["| response | needs |", "|---|---|", *levels]),
        f"Not evaluated: {', '.join(left)}.",
        "## Worked example",
        "The built-in case around anakinra, post hoc:",
        f"<!-- output of: hlhcli response --definition {definition.name} --intervention anakinra --format table -->\n```text\n```",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def ctcae_page():
    rules = facts.rows("ctcae")
    parts = [
        "# CTCAE laboratory grades",
        "`hlhcli grade` · written from `hlhcli/facts/ctcae.csv`. Toxicity grading, not disease severity.",
        "The highest grade whose row is met counts, so that a value on an edge has the milder grade. A limit or a "
        "baseline that is missing and could change the grade leaves it empty, never 0. *Baseline normal* and "
        "*baseline high* are told by the upper limit recorded beside the baseline. A fall of fibrinogen counts only "
        "below its lower limit. The worst grade of a window (`--worst`) is the highest that is known; the count of "
        "graded values stands beside it.",
    ]
    for version in ("v5", "v6"):
        own = [row for row in rules if row["version"] == version]
        rows = [
            f"| {row['term']} | {row['marker']} | {row['when']} | {row['words']} | {row['grade']} | {row['confidence']} |"
            for row in own
        ]
        head = ["| term | marker | when | value | grade | confidence |", "|---|---|---|---|---|---|"]
        parts += [f"## {version}", f"Source: {own[0]['source']}.", "\n".join([*head, *rows])]
    parts += [
        "## Worked example",
        "<!-- output of: hlhcli grade --marker plt --format table -->\n```text\n```",
    ]
    return "\n\n".join(parts) + "\n"


def main():
    """Write the pages; outputs of commands are filled in by `tests.documents`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
