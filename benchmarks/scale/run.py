"""`hlhcli summarize` beside the same analysis written by hand for other tools, in one run.

    python benchmarks/scale/run.py --rows 1e5 --rows 1e6 --repeats 3

Each contender is a process of its own that reads the cohort, computes and writes. All run in
turn, round by round, so that what else the machine does falls on all. After the first round the
numbers of every contender are compared with those of the first; one that differs ends the
benchmark. A ratio is taken within its round, to the DuckDB SQL of that round; the table has
medians, and is put into its page as soon as it is there.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from measure import Cost, measure

HERE = Path(__file__).parent
PYTHON = sys.executable
MIB = 2**20
BEGIN, END = "<!-- scale: begin -->", "<!-- scale: end -->"
FILES = ("{labs}", "{interventions}", "{out}")
ONLY_PANDAS = "import sys, pandas; pandas.read_csv(sys.argv[1]).to_csv(sys.argv[2], index=False)"
HEADER = "| | CPU | wall | peak MiB | runs |\n|:--|--:|--:|--:|--:|"


@dataclass(frozen=True)
class Contender:
    """One program, with places for its files.

    ``most``: the rows above which it takes too long; ``only_shuffled``: it is of interest where
    rows are in no order.
    """

    name: str
    words: tuple[str, ...]
    suffix: str = ".parquet"
    library: str = "pyarrow"
    most: float = float("inf")
    only_shuffled: bool = False

    @property
    def is_r(self) -> bool:
        """R reads text only, as long as its arrow is not everywhere."""
        return self.words[0] == "Rscript"

    def command(self, labs: Path, interventions: Path, out: Path) -> list[str]:
        """The command of one run."""
        return [word.format(labs=labs, interventions=interventions, out=out) for word in self.words]

    def version(self) -> str:
        """The version of its library, or ``""`` where it is not installed."""
        if self.is_r:
            return _r_version(self.library)
        if self.library == "pyspark" and not shutil.which("java"):
            return ""
        try:
            return version(self.library)
        except PackageNotFoundError:
            return ""


def _rival(script: str, *arguments: str) -> tuple[str, ...]:
    path = str(HERE / "rivals" / script)
    return ("Rscript" if script.endswith(".R") else PYTHON, path, *FILES, *arguments)


def _summarize(*options: str) -> tuple[str, ...]:
    labs, interventions, out = FILES
    files = (labs, "--interventions", interventions, "--output", out)
    return (PYTHON, "-m", "hlhcli", "summarize", *files, *options)


SPARK = ("--spark-conf", "spark.driver.memory=4g")
YARDSTICK = Contender("DuckDB SQL, by segments", _rival("duckdb_sql.py", "segments"), library="duckdb")
OURS = Contender("hlhcli summarize", _summarize(), library="hlhcli")
COLUMNS = "subject,marker,intervention,start,at,baseline,baseline_time,value,time,day,delta,fold_change"
SAME = Contender("hlhcli summarize, these columns alone", _summarize("--columns", COLUMNS), library="hlhcli")
CAPPED = replace(
    SAME, name=f"{SAME.name}, --memory 2GB", words=(*SAME.words, "--memory", "2GB"), only_shuffled=True
)
CONTENDERS = (
    YARDSTICK,
    SAME,
    OURS,
    CAPPED,
    Contender("DuckDB SQL, by windows", _rival("duckdb_sql.py", "join"), library="duckdb"),
    Contender("polars", _rival("polars_lazy.py"), library="polars"),
    Contender("Spark SQL, by segments", _rival("spark_sql.py"), library="pyspark"),
    Contender("hlhcli summarize --engine spark", _summarize("--engine", "spark", *SPARK), library="pyspark"),
    Contender("R data.table", _rival("data_table.R"), ".csv", "data.table"),
    Contender("R dplyr", _rival("dplyr.R"), ".csv", "dplyr", most=1.5e7),
    Contender("pandas groupby-apply", _rival("groupby_apply.py"), ".csv", "pandas", most=1.5e6),
)


def _r_version(package: str) -> str:
    if not shutil.which("Rscript"):
        return ""
    code = (
        f'if (requireNamespace("{package}", quietly = TRUE)) cat(as.character(packageVersion("{package}")))'
    )
    return subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False).stdout


@dataclass(frozen=True)
class Cohort:
    """What to generate, in the words of ``cohort.py``."""

    rows: float
    rows_per_subject: int
    order: str
    file_format: str

    def takes(self, contender: Contender) -> bool:
        """Whether a program is compared on it."""
        wanted = self.order == "shuffled" or not contender.only_shuffled
        return wanted and self.rows <= contender.most

    def __str__(self) -> str:
        """For the head of a table."""
        order = "subjects in order" if self.order == "subject" else "rows in no order"
        number = f"{self.rows / 1e6:g} million" if self.rows >= 1e6 else f"{self.rows:,.0f}"
        return f"{number} rows, {self.rows_per_subject:,} a subject, {order}, {self.file_format}"

    def write(self, folder: Path, file_format: str) -> tuple[Path, Path]:
        """Generate it, by a process of its own, and return the paths of labs and interventions."""
        size = [str(self.rows), str(folder), "--rows-per-subject", str(self.rows_per_subject)]
        form = ["--order", self.order, "--format", file_format]
        subprocess.run([PYTHON, HERE / "cohort.py", *size, *form], check=True, stdout=subprocess.DEVNULL)
        return folder / f"labs.{file_format}", folder / "interventions.csv"


@dataclass(frozen=True)
class Entry:
    """One contender with its command and the file that it writes."""

    contender: Contender
    command: list[str]
    out: Path


def entries(cohort: Cohort, contenders: Sequence[Contender], folder: Path) -> list[Entry]:
    """Generate the cohort in the formats that are needed, and complete the commands."""
    paths = cohort.write(folder / "cohort", cohort.file_format)
    text = paths
    if cohort.file_format == "parquet" and any(contender.is_r for contender in contenders):
        text = cohort.write(folder / "text", "csv")
    found = []
    for number, contender in enumerate(contenders):
        out = folder / f"{number}{contender.suffix}"
        found.append(Entry(contender, contender.command(*(text if contender.is_r else paths), out), out))
    return found


def require_agreement(taking_part: Sequence[Entry]) -> None:
    """Raise `SystemExit` where the numbers that one has written differ from those of the first."""
    for entry in taking_part[1:]:
        files = [taking_part[0].out, entry.out]
        check = [PYTHON, HERE / "agreement.py", *files]
        said = subprocess.run(check, capture_output=True, text=True, check=False)
        if said.returncode:
            raise SystemExit(f"{entry.contender.name} computes other numbers: {said.stdout}{said.stderr}")


def rounds(commands: Sequence[list[str]], repeats: int) -> list[list[Cost]]:
    """The cost of every command in every round."""
    return [[measure(command) for command in commands] for _ in range(repeats)]


def warm(commands: Sequence[list[str]]) -> None:
    """Read every file that a command names, so that the first round finds it in memory as the others do."""
    for path in {Path(word) for command in commands for word in command}:
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 24):
                    pass


def lines(names: Sequence[str], costs: Sequence[Sequence[Cost]]) -> Iterator[str]:
    """One line for each contender; the first is the yardstick."""
    for place, name in enumerate(names):
        cpu = median(each[place].cpu / each[0].cpu for each in costs)
        wall = median(each[place].wall / each[0].wall for each in costs)
        peak = median(each[place].peak for each in costs) / MIB
        yield f"| {name} | {cpu:.2f} | {wall:.2f} | {peak:,.0f} | {len(costs)} |"


def as_table(head: str, names: Sequence[str], costs: Sequence[Sequence[Cost]]) -> str:
    """The costs as Markdown, under a line in bold type that tells tables apart."""
    return "\n".join([f"**{head}**\n", HEADER, *lines(names, costs)])


def compare(cohort: Cohort, contenders: Sequence[Contender], repeats: int, scratch: Path | None) -> str:
    """The table of one cohort."""
    chosen = [one for one in contenders if cohort.takes(one) and one.version()]
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        taking_part = entries(cohort, chosen, Path(folder))
        commands = [entry.command for entry in taking_part]
        warm(commands)
        costs = rounds(commands, 1)
        require_agreement(taking_part)
        costs += rounds(commands, repeats - 1)
        names = [entry.contender.name for entry in taking_part]
        return as_table(str(cohort), names, costs)


def one_patient(repeats: int) -> str:
    """The table of a single patient beside a script that only reads and writes the file."""
    with tempfile.TemporaryDirectory() as folder:
        labs, interventions = Cohort(100, 100, "subject", "csv").write(Path(folder), "csv")
        files = (labs, interventions, Path(folder) / "out.csv")
        script = [PYTHON, "-c", ONLY_PANDAS, str(labs), str(files[2])]
        commands = [script, OURS.command(*files)]
        rounds(commands, 2)  # bytecode is written, files are in memory
        costs = rounds(commands, repeats)
    names = ["pandas reads and writes the CSV", OURS.name]
    return as_table("One patient, about 100 rows, CSV", names, costs)


def conditions() -> str:
    """What was measured on what."""
    versions = {one.library: one.version() for one in CONTENDERS if one.version()}
    named = ", ".join(f"{library} {number}" for library, number in versions.items())
    return f"Measured with Python {platform.python_version()} on {os.cpu_count()} cores: {named}."


def put_into(page: Path, table: str, *, known_only: bool = False) -> None:
    """Put a table between the two marks of a Markdown page, in the place of one with the same head.

    One whose head is not there yet comes last, or is left out with ``known_only``.
    """
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    if not after:
        raise SystemExit(f"{page} has no place for the table: {BEGIN} … {END}")
    tables = {_head(text): text for text in re.split(r"\n\n(?=\*\*)", old.strip())}
    if not known_only or _head(table) in tables:
        tables[_head(table)] = table
    shown = "\n\n".join(filter(None, tables.values()))
    page.write_text(f"{before}{BEGIN}\n{shown}\n{END}{after}", encoding="utf-8")


def _head(table: str) -> str:
    """A table's line in bold type; empty for the conditions, which have none."""
    first = table.partition("\n")[0]
    return first if first.startswith("**") else ""


def main() -> None:
    """Measure what the arguments ask for; print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=float, action="append", help="rows of a cohort; may be repeated (1e5)")
    parser.add_argument("--rows-per-subject", type=int, default=1000)
    parser.add_argument("--order", choices=("subject", "shuffled"), action="append")
    parser.add_argument("--format", choices=("parquet", "csv", "csv.gz"), default="parquet")
    parser.add_argument("--only", action="append", help="part of a contender's name; may be repeated")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scratch", type=Path, help="folder for the cohorts (the system's)")
    parser.add_argument("--into", type=Path, help="put the tables between the marks of this page")
    parser.add_argument("--headline", type=Path, help="renew the tables that this page has")
    options = parser.parse_args()
    contenders = [
        one
        for one in CONTENDERS
        if one in (YARDSTICK, SAME, OURS)
        or not options.only
        or any(word in one.name for word in options.only)
    ]

    def show(table: str) -> None:
        print(f"{table}\n", flush=True)
        if options.into:
            put_into(options.into, table)
        if options.headline:
            put_into(options.headline, table, known_only=True)

    show(conditions())
    show(one_patient(max(5, options.repeats)))
    for rows in options.rows or [1e5]:
        for order in options.order or ["subject"]:
            cohort = Cohort(rows, options.rows_per_subject, order, options.format)
            show(compare(cohort, contenders, options.repeats, options.scratch))


if __name__ == "__main__":
    main()
