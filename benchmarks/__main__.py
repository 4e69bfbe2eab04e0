"""Run workloads by name: ``python -m benchmarks W1 W4 --n 2000``.  Without a name, all of them."""

from __future__ import annotations

import argparse
import importlib
import json
import sys

WORKLOADS = {
    "W1": "install",
    "W2": "start",
    "W3": "parties",
    "W4": "journal",
    "W5": "trial_balance",
    "W6": "list_page",
    "W9": "voucher",
    "api": "rest",
    "audit": "audit_share",
    "closing": "closing",
    "books": "books",
    "import": "ledger_import",
    "import-contacts": "import_contacts",
    "invoices": "invoices",
    "ledger_pdf": "ledger_pdf",
    "pivot": "pivot",
    "receivables": "receivables",
    "search": "search",
}


def main() -> int:
    """Run what the arguments name, one JSON line a result."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("workload", nargs="*", choices=[*WORKLOADS, []], help=", ".join(WORKLOADS))
    parser.add_argument("--n", type=int, help="size, by default the workload's own")
    chosen = parser.parse_args()
    for name in chosen.workload or WORKLOADS:
        module = importlib.import_module(f"benchmarks.{WORKLOADS[name]}")
        for result in module.run(chosen.n):
            print(json.dumps({"workload": name, **result}, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
