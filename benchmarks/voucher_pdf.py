"""What printing vouchers costs: ``python benchmarks/voucher_pdf.py [COUNT ...]`` prints a JSON line each.

Each count runs in a process of its own, so that its memory is its own.  W9 is a voucher of 10 lines, drawn again and
again in a warm process: the median.
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
from decimal import Decimal
from statistics import median

from hanse_cn.forms import PrintedLine, PrintedVoucher, Side, print_vouchers


def vouchers(count: int, lines: int) -> Iterator[PrintedVoucher]:
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
                PrintedLine(f"销售商品 合同 HT-{number}", "6001", "主营业务收入", side, amount, "客户/张三商贸有限公司")
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


def many(count: int) -> dict[str, object]:
    """Return time and peak memory of this process for so many vouchers of 6 lines in one file."""
    with tempfile.TemporaryFile() as out:
        taken = seconds(lambda: print_vouchers(vouchers(count, 6), out=out))
        size = out.tell()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"benchmark": "vouchers", "count": count, "seconds": round(taken, 2), "rss_mb": peak, "kb": size // 1024}


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--here"]:
        print(json.dumps(one_warm() if arguments[1] == "1" else many(int(arguments[1]))))
        return
    for count in arguments or ["1", "1000", "10000"]:
        subprocess.run([sys.executable, __file__, "--here", count], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
