"""The table of markers: one meaning per spelling, a source per direction."""

import re
import subprocess
import sys
from collections import Counter

import pytest

from hlhcli.errors import fold
from hlhcli.markers import find, key, markers, rank, spellings

TABLE_1 = (
    "wbc",
    "hemoglobin",
    "platelets",
    "d-dimer",
    "esr",
    "fibrinogen",
    "alt",
    "ast",
    "bilirubin",
    "ferritin",
)


def found(text):
    marker = find(text)
    return marker.name if marker else None


def test_the_ten_markers_of_table_1_come_first_and_in_its_order():
    assert tuple(marker.name for marker in markers())[:10] == TABLE_1


def test_no_spelling_belongs_to_two_markers():
    owners = Counter(
        folded for marker in markers() for folded in {fold(spelling) for spelling in spellings(marker)}
    )

    assert [spelling for spelling, count in owners.items() if count > 1] == []


def test_no_spelling_is_lost_when_punctuation_is_dropped():
    assert [s for marker in markers() for s in spellings(marker) if not fold(s)] == []


def test_every_spelling_and_code_finds_its_marker():
    missed = [s for m in markers() for s in (*spellings(m), *m.loinc) if find(s) is not m]

    assert missed == []


def test_every_direction_has_a_source_and_every_source_a_direction():
    unequal = [m.name for m in markers() if bool(m.improvement) != bool(m.improvement_source)]

    assert unequal == []


def test_every_marker_without_a_direction_says_why():
    assert [m.name for m in markers() if not m.improvement and "No direction" not in m.note] == []


def test_a_direction_is_decrease_or_increase_or_not_known():
    assert {marker.improvement for marker in markers()} == {"decrease", "increase", ""}


def test_names_are_lower_case_and_never_repeated():
    names = [marker.name for marker in markers()]

    assert names == [name.lower() for name in names]
    assert len(set(names)) == len(names)


def test_no_loinc_code_belongs_to_two_markers():
    codes = [code for marker in markers() for code in marker.loinc]

    assert len(set(codes)) == len(codes)


def test_every_loinc_code_has_a_right_check_digit():
    """The last digit is a Luhn (mod 10) check over the digits before it."""
    wrong = [code for m in markers() for code in m.loinc if not luhn_is_right(code)]

    assert wrong == []


def luhn_is_right(code):
    number, check = re.fullmatch(r"(\d+)-(\d)", code).groups()
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[::-2])
    plain = sum(int(digit) for digit in number[-2::-2])
    return (doubled + plain + int(check)) % 10 == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("WBC", "wbc"),
        ("Leucocytes", "wbc"),
        ("White cell count", "wbc"),
        ("White cells", "wbc"),
        ("Hb", "hemoglobin"),
        ("Hgb", "hemoglobin"),
        ("Haemoglobin", "hemoglobin"),
        ("Plt", "platelets"),
        ("PLAT", "platelets"),
        ("platelet_count", "platelets"),
        ("Thrombocytes", "platelets"),
        ("D-Dimer", "d-dimer"),
        ("ddimer", "d-dimer"),
        ("ALAT", "alt"),
        ("SGPT", "alt"),
        ("Alanine aminotransferase", "alt"),
        ("AspAT", "ast"),
        ("BILI", "bilirubin"),
        ("TBIL", "bilirubin"),
        ("Total Bilirubin", "bilirubin"),
        ("ANC", "neutrophils"),
        ("LYM", "lymphocytes"),
        ("sCD25", "soluble il-2 receptor"),
        ("Soluble IL-2 receptor", "soluble il-2 receptor"),
        ("C Reactive protein", "crp"),
        ("International normalized ratio", "inr"),
        ("Partial thromboplastin time", "aptt"),
        ("ALB", "albumin"),
        ("CREAT", "creatinine"),
        ("Interleukin-6", "il-6"),
        ("  ferritin ", "ferritin"),
    ],
)
def test_a_marker_is_found_by_the_spellings_people_and_standards_use(text, name):
    assert found(text) == name


def test_sodium_printed_as_na_is_sodium():
    assert (found("NA"), found("Na+"), found("SODIUM")) == ("sodium", "sodium", "sodium")


@pytest.mark.parametrize("text", ["PT", "PTT", "INR", "Plt", "PT-INR"])
def test_clotting_times_and_platelets_are_kept_apart(text):
    apart = {"PT": "pt", "PTT": "aptt", "INR": "inr", "Plt": "platelets", "PT-INR": "inr"}

    assert found(text) == apart[text]


def test_a_loinc_code_finds_its_marker_and_its_bare_digits_do_not():
    assert found("48065-7") == "d-dimer"
    assert found(" 718-7 ") == "hemoglobin"
    assert (find("480657"), find("7187")) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "K",
        "Potassium",
        "",
        "  ",
        "Hemoglobin A1c",
        "Hemoglobin [Presence] in Urine by Test strip",
        "Direct bilirubin",
        "Brain natriuretic peptide",
        "BNP",
        "Red blood cell count",
        "Free IL-18",
        "LYMLE",
    ],
)
def test_a_name_that_only_resembles_a_marker_is_not_one(text):
    assert find(text) is None


def test_a_share_of_the_leukocytes_is_not_the_absolute_count():
    assert (found("NEUT#"), found("NEUT%"), found("Lymphocytes (%)")) == ("neutrophils", None, None)


def test_esr_has_no_direction_and_says_why():
    esr = find("ESR")

    assert esr.improvement == ""
    assert "fibrinogen" in esr.note


@pytest.mark.parametrize(
    ("text", "improvement"),
    [
        ("Plt", "increase"),
        ("ANC", "increase"),
        ("fibrinogen", "increase"),
        ("Hb", "increase"),
        ("WBC", "increase"),
    ]
    + [
        (text, "decrease")
        for text in ("ferritin", "D-dimer", "sCD25", "LDH", "ALT", "AST", "TG", "bilirubin")
    ]
    + [(text, "") for text in ("sodium", "creatinine", "albumin", "CRP", "INR", "IL-6")],
)
def test_the_direction_is_what_the_published_responses_and_criteria_say(text, improvement):
    assert find(text).improvement == improvement


def test_names_of_one_marker_have_one_key_and_a_share_has_its_own():
    assert key("Leucocytes") == key("6690-2") == key("WBC")
    assert key("Zinc") == key("zinc")
    assert len({key("Neutrophils"), key("Neutrophils (%)"), key("NEUT%"), key("zinc")}) == 4


def test_rank_orders_known_markers_as_the_table_and_puts_unknown_ones_last():
    assert sorted(["zinc", "Ferritin", "Hb", "WBC"], key=rank) == ["WBC", "Hb", "Ferritin", "zinc"]
    assert rank("zinc") == rank("copper") == len(markers())


def test_markers_cannot_be_changed():
    with pytest.raises(AttributeError):
        markers()[0].improvement = "decrease"


def test_shell_completion_can_list_markers_without_heavy_imports():
    script = "import sys, hlhcli.markers as m; m.markers(); print({'pandas', 'numpy'} & set(sys.modules))"

    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert output.stdout == "set()\n"
