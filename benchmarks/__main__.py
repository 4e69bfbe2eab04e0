"""Run workloads by name: ``python -m benchmarks W1 W4 --n 2000``.  Without a name, all of them."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys

from benchmarks.bench import KEEP

WORKLOADS = {
    "W1": "install",
    "W2": "start",
    "W3": "parties",
    "W4": "journal",
    "W5": "trial_balance",
    "W6": "list_page",
    "W8": "stock",
    "W9": "voucher",
    "api": "rest",
    "audit": "audit_share",
    "closing": "closing",
    "books": "books",
    "counting": "counting",
    "import": "ledger_import",
    "import-contacts": "import_contacts",
    "invoices": "invoices",
    "ledger_pdf": "ledger_pdf",
    "pivot": "pivot",
    "receivables": "receivables",
    "search": "search",
    "writers": "writers",
}


def main() -> int:
    """Run what the arguments name, one JSON line a result."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("workload", nargs="*", choices=[*WORKLOADS, []], help=", ".join(WORKLOADS))
    parser.add_argument("--n", type=int, help="size, by default the workload's own")
    parser.add_argument("--keep", help="a folder for the database of one workload; what is there is measured again")
    chosen = parser.parse_args()
    if chosen.keep:
        os.environ[KEEP] = chosen.keep
    for name in chosen.workload or WORKLOADS:
        module = importlib.import_module(f"benchmarks.{WORKLOADS[name]}")
        for result in module.run(chosen.n):
            print(json.dumps({"workload": name, **result}, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
