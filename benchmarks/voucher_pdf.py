"""What printing vouchers costs: ``python benchmarks/voucher_pdf.py [COUNT[:LAYOUT[:COLUMNS]] ...]``, a JSON line each.

Each runs in a process of its own, so that its memory is its own.  W9 is a voucher of 10 lines, drawn again and again
in a warm process: the median.  Without arguments: W9, a thousand on every layout, ten thousand on one.
"""

import datetime
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from statistics import median
from typing import Any, cast

from hanse_cn.forms import (
    CountedQuantity,
    ForeignAmount,
    Geometry,
    Look,
    PrintedLine,
    PrintedVoucher,
    Side,
    Spots,
    Volume,
    VoucherForm,
    print_volumes,
    print_vouchers,
)
from hanse_cn.forms.geometry import GEOMETRIES

RATE = Decimal("7.1884")
USUAL = (
    "1",
    *(f"1000:{layout}" for layout in (*GEOMETRIES, "overprint")),
    *(f"1000:240x140:{columns}" for columns in ("compact", "foreign", "quantity")),
    "10000:240x140",
)


def vouchers(count: int, lines: int, kind: str = "detailed") -> Iterator[PrintedVoucher]:
    """Yield balanced vouchers of text as long as in real books."""
    for number in range(1, count + 1):
        debit = [Decimal(number * 137 + index * 1009) / 100 for index in range(lines - 1)]
        amounts: list[tuple[Side, Decimal]] = [*(("D", amount) for amount in debit), ("C", sum(debit, Decimal(0)))]
        yield PrintedVoucher(
            company="上海示例贸易有限公司",
            word="记",
            number=number,
            provisional=number,
            date=datetime.date(2025, 1, 1 + number % 28),
            period="2025-01",
            lines=tuple(
                PrintedLine(
                    f"销售商品 合同 HT-{number}",
                    "6001",
                    "主营业务收入",
                    side,
                    amount,
                    "客户/张三商贸有限公司",
                    foreign=ForeignAmount("USD", amount, RATE) if kind == "foreign" else None,
                    quantity=CountedQuantity(Decimal(12), "箱", RATE) if kind == "quantity" else None,
                )
                for side, amount in amounts
            ),
            attachments=number % 7,
            maker="李晓明",
            auditor="王芳",
        )


def one_warm(repeat: int = 30) -> dict[str, object]:
    """Return what one voucher of 10 lines costs once the form is known."""
    (voucher,) = vouchers(1, 10)
    times = [seconds(lambda: print_vouchers([voucher], out=io.BytesIO())) for _ in range(repeat)]
    return {"benchmark": "W9", "lines": 10, "median_ms": round(median(times[1:]) * 1000, 1)}


def many(count: int, layout: str, columns: str) -> dict[str, object]:
    """Return time and peak memory of this process for so many vouchers of 6 lines in one file."""
    measured = paper() if layout == "overprint" else None
    look = Look(columns=cast("Any", columns))
    form = VoucherForm(cast("Any", layout), "zh_CN", look, measured=measured)
    with tempfile.TemporaryFile() as out:
        taken = seconds(lambda: print_volumes([Volume(vouchers(count, 6, columns))], form, out=out))
        size = out.tell()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = {"benchmark": "vouchers", "count": count, "layout": layout, "columns": columns}
    return {**told, "seconds": round(taken, 2), "rss_mb": peak, "kb": size // 1024}


def paper() -> Geometry:
    """Return pre-printed paper with its blanks where our own form has them."""
    spots = Spots(37, 125, 230, (233.6, 80), 33, (37, 72, 114, 156, 198))
    return replace(GEOMETRIES["240x140"], name="overprint", spots=spots)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def here(wanted: str) -> dict[str, object]:
    """Measure ``COUNT[:LAYOUT[:COLUMNS]]`` in this process."""
    count, _colon, rest = wanted.partition(":")
    layout, _colon, columns = rest.partition(":")
    return one_warm() if wanted == "1" else many(int(count), layout or "240x140", columns or "detailed")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--here"]:
        print(json.dumps(here(arguments[1])))
        return
    for wanted in arguments or USUAL:
        subprocess.run([sys.executable, __file__, "--here", wanted], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
