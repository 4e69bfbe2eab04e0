"""hanse cn …: load charts of accounts without a browser."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hanse.cli.main import group


def add_commands(commands: Any) -> None:
    """Add the subcommands of China."""
    from hanse_cn.charts import Chart

    verbs = group(commands, "cn", "what is particular to China")
    chart = verbs.add_parser("load-chart", help="add the accounts of a standard that a company lacks")
    chart.add_argument("--company", required=True)
    chart.add_argument("--chart", required=True, choices=[chart.value for chart in Chart])
    chart.set_defaults(work=_load_chart)
    year = verbs.add_parser("export-gbt24589", help="a year of books as XML files of GB/T 24589.1")
    year.add_argument("--company", required=True)
    year.add_argument("--year", required=True, help="name of the fiscal year, such as 2025")
    year.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    year.set_defaults(work=_export_gbt24589)


def _load_chart(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse_cn.charts import load_chart

    with open_database() as database, database.session() as session, session.begin():
        added = load_chart(context(session, chosen.company), chosen.chart)
    print(f"{added} accounts added" if added else "nothing to do")


def _export_gbt24589(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse_cn.gbt24589 import Books, interface, write_file
    from hanse_finance.printing import whole_file
    from hanse_finance.reports import year_of

    edition = interface()
    with open_database() as database, database.session() as session, session.begin():
        ctx = context(session, chosen.company)
        books = Books(ctx, year_of(ctx, chosen.year), edition)
        chosen.out.mkdir(parents=True, exist_ok=True)
        for file in edition.files:
            path = chosen.out / file.name
            with whole_file(path) as out:
                counts = write_file(edition, file, books.source, out)
            print(f"{path}: {sum(counts.values())} records in {len(counts)} sections")
