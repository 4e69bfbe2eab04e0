"""hanse cn …: load charts of accounts without a browser."""

from __future__ import annotations

import argparse
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


def _load_chart(chosen: argparse.Namespace) -> None:
    from hanse.cli.session import context, open_database
    from hanse_cn.charts import load_chart

    with open_database() as database, database.session() as session, session.begin():
        added = load_chart(context(session, chosen.company), chosen.chart)
    print(f"{added} accounts added" if added else "nothing to do")
