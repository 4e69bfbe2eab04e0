"""W9: one voucher of 10 lines as PDF, warm; then 1,000 in one file, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """The figures of voucher_pdf.py, for one and for n (1,000) vouchers."""
    import json

    script = Path(__file__).with_name("voucher_pdf.py")
    for count in ("1", str(n or 1000)):
        done = subprocess.run(
            [sys.executable, str(script), "--here", count], check=True, capture_output=True, text=True
        )
        yield {key: value for key, value in json.loads(done.stdout).items() if key != "benchmark"}
