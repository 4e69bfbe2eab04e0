"""What the readers of banks' files may be relied on for: each format, and one clear message for what is broken.

The figures of each file are worked out by hand in the file itself; the samples are written here after the standards.
"""

from __future__ import annotations

import io
import random
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook  # type: ignore[import-untyped]

from hanse import BusinessError
from hanse_banking.reading import FoundStatement, read_statements
from hanse_banking.reading.tables import NoHeads

CHINESE = """客户交易明细,,,,,,,
账号:6222000011112222,户名:汉萨贸易有限公司,币种:人民币,,,,,
交易日期,借方发生额（元）,贷方发生额（元）,余额,对方户名,对方账号,摘要,流水号
20250303,,"1,000.00","3,000.00",青岛海港公司,3701,货款,A001
2025-03-05 10:22:31,250.50,,"2,749.50",,,手续费,A002
2025年3月9日,49.50,,"2,700.00",电力公司,3702,电费,A003
合计,300.00,"1,000.00",,,,,
"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S-7</Id>
<FrToDt><FrDtTm>2025-03-01T00:00:00</FrDtTm><ToDtTm>2025-03-31T00:00:00</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp>
<Amt Ccy="EUR">100.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2025-03-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp>
<Amt Ccy="EUR">139.75</Amt>
<CdtDbtInd>CRDT</CdtDbtInd>
<Dt><Dt>2025-03-31</Dt></Dt></Bal>
<Ntry>
<Amt Ccy="EUR">50.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2025-03-04</Dt></BookgDt>
<AcctSvcrRef>R1</AcctSvcrRef>
<NtryDtls>
<TxDtls><RltdPties><Dbtr><Pty><Nm>Lübeck GmbH</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>DE99</IBAN></Id></DbtrAcct>
</RltdPties>
<RmtInf><Ustrd>Invoice 12</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry>
<Amt Ccy="EUR">10.25</Amt>
<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2025-03-05</Dt></BookgDt>
<AddtlNtryInf>Fee</AddtlNtryInf></Ntry>
<Ntry>
<Amt Ccy="EUR">9.00</Amt>
<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
<BookgDt><Dt>2025-03-06</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
MT940 = """:20:STARTUMS
:25:12345/678
:28C:5/1
:60F:C250301EUR1000,00
:61:2503030303C250,50NTRFINV-77//BREF1
:86:166?00GUTSCHRIFT?20Invoice 77?32ACME GMBH
:61:2503040304D50,25NMSCNONREF
:86:Bank fee
:62F:C250304EUR1200,25
"""
OFX_1 = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
ENCODING:USASCII
CHARSET:1252

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD
<BANKACCTFROM><BANKID>1<ACCTID>998877<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20250301<DTEND>20250331
<STMTTRN><TRNTYPE>CREDIT
<DTPOSTED>20250310120000[-5:EST]<TRNAMT>75.00<FITID>F1<NAME>Smith &amp; Co<MEMO>Order 5</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20250311<TRNAMT>-25.00<FITID>F2<NAME>Rent</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>150.00<DTASOF>20250331</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"""
OFX_2 = (
    '<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200" VERSION="211"?><OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>'
    "<CURDEF>CNY</CURDEF><BANKACCTFROM><ACCTID>1</ACCTID></BANKACCTFROM><BANKTRANLIST><DTSTART>20250301</DTSTART>"
    "<STMTTRN><DTPOSTED>20250310</DTPOSTED><TRNAMT>8.50</TRNAMT><FITID>X</FITID><NAME>青岛</NAME></STMTTRN>"
    "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
)


def only(content: str | bytes, **columns: str) -> FoundStatement:
    (found,) = read_statements(content.encode() if isinstance(content, str) else content, columns)
    return found


def told(found: FoundStatement) -> list[tuple[str, str]]:
    return [(one.day.isoformat(), str(one.amount)) for one in found.lines]


def refusal(content: bytes) -> str:
    with pytest.raises(BusinessError) as refused:
        read_statements(content)
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_export_is_read_below_its_titles(encoding: str) -> None:
    found = only(CHINESE.encode(encoding))
    assert told(found) == [("2025-03-03", "1000.00"), ("2025-03-05", "-250.50"), ("2025-03-09", "-49.50")]
    assert (found.opening, found.closing) == (Decimal(2000), Decimal(2700))
    first = found.lines[0]
    assert (first.counterparty, first.counterparty_account, first.purpose, first.reference, first.row) == (
        *("青岛海港公司", "3701", "货款", "A001"),
        4,
    )


def test_an_export_that_begins_with_the_latest_is_turned_round() -> None:
    found = only("交易日期,收入,支出,余额\n2025-03-09,,49.50,950.50\n2025-03-09,1000,,1000.00\n")
    assert told(found) == [("2025-03-09", "1000"), ("2025-03-09", "-49.50")]
    assert found.opening == 0


@pytest.mark.parametrize(
    ("head", "out", "into"),
    [
        ("交易时间,交易金额,借贷标志,摘要", "20250303,10,借,a", "20250304,30,贷,b"),
        ("入账日期,金额,收支,用途", "2025/3/3,10,支出,a", "2025/3/4,30,收入,b"),
        ("日期,发生额,备注", "2025.03.03,-10,a", "2025.03.04,30,b"),
        ("日期,支出,收入,备注", "2025-03-03,-10,,a", "2025-03-04,,30,b"),
        ("Date,Debit,Credit,Description", "2025-03-03,10,,a", "2025-03-04,,30,b"),
    ],
)
def test_amounts_stand_in_one_or_two_columns(head: str, out: str, into: str) -> None:
    assert [amount for _day, amount in told(only(f"{head}\n{out}\n{into}\n"))] == ["-10", "30"]


def test_a_workbook_is_read_as_a_csv_is() -> None:
    book, file = Workbook(), io.BytesIO()
    for line in CHINESE.splitlines()[:3]:
        book.active.append(line.split(","))
    book.active.append(["20250303", None, 1000, 3000, "青岛海港公司", "3701", "货款", "A001"])
    book.save(file)
    assert told(only(file.getvalue())) == [("2025-03-03", "1000")]


def test_headings_that_nobody_knows_are_said_once() -> None:
    table = "Wann,Wieviel,Wozu\n2025-03-03,10,Miete\n"
    with pytest.raises(NoHeads):
        read_statements(table.encode())
    assert told(only(table, Wann="day", Wieviel="amount", Wozu="purpose")) == [("2025-03-03", "10")]


def test_camt_is_read_without_what_is_not_booked() -> None:
    found = only(CAMT)
    assert told(found) == [("2025-03-04", "50.00"), ("2025-03-05", "-10.25")]
    assert (found.opening, found.closing, found.account, found.currency) == (
        *(Decimal(100), Decimal("139.75")),
        *("DE02120300000000202051", "EUR"),
    )
    first = found.lines[0]
    assert (first.counterparty, first.purpose, first.reference) == ("Lübeck GmbH", "Invoice 12", "R1")


def test_mt940_is_read_with_its_structured_purpose() -> None:
    found = only(MT940)
    assert told(found) == [("2025-03-03", "250.50"), ("2025-03-04", "-50.25")]
    assert (found.opening, found.closing, found.number) == (Decimal(1000), Decimal("1200.25"), "5/1")
    assert (found.lines[0].counterparty, found.lines[0].purpose, found.lines[0].reference) == (
        *("ACME GMBH", "Invoice 77"),
        "BREF1",
    )
    assert (found.lines[1].purpose, found.lines[1].reference) == ("Bank fee", "")


def test_several_messages_of_mt940_are_several_statements() -> None:
    later = ":20:B\n:25:12345/678\n:28C:6/1\n:60F:C250304EUR1200,25\n:62F:C250331EUR1200,25\n"
    assert [one.number for one in read_statements((MT940 + later).encode())] == ["5/1", "6/1"]


def test_ofx_is_read_as_sgml_and_as_xml() -> None:
    found = only(OFX_1)
    assert told(found) == [("2025-03-10", "75.00"), ("2025-03-11", "-25.00")]
    assert (found.opening, found.closing, found.account) == (Decimal(100), Decimal(150), "998877")
    assert (found.lines[0].counterparty, found.lines[0].purpose) == ("Smith & Co", "Order 5")
    assert [(one.amount, one.counterparty) for one in only(OFX_2).lines] == [(Decimal("8.50"), "青岛")]


def test_the_row_and_amount_that_break_the_balance_are_named() -> None:
    said = refusal(CHINESE.replace('"2,749.50"', '"2,700.00"').encode())
    assert "Row 5" in said
    assert "-250.5 the balance should be 2,749.5" in said
    assert "-49.5 is missing" in said
    assert "11 is missing" in refusal(CAMT.replace("139.75", "150.75").encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<a>",
        b"<?xml version='1.0'?><Document/>",
        b"<OFX><STMTRS><STMTTRN><DTPOSTED>20250101",
        b"<OFX></OFX>",
        b":20:A\n:61:nonsense\n:62F:C25",
        b"PK\x03\x04 no workbook",
        "日期,金额\n2025-13-45,10\n".encode(),
        "日期,金额\n2025-03-03,ten\n".encode(),
        "日期,金额,借贷\n2025-03-03,10,?\n".encode(),
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Document>&b;</Document>',
        CAMT.replace("2025-03-04", "someday").encode(),
        CAMT.replace(">50.00<", ">NaN<").encode(),
        OFX_1.replace("75.00", "9" * 17).encode(),
        OFX_1.replace("75.00", "1e99").encode(),
    ],
)
def test_what_is_broken_gives_one_message(content: bytes) -> None:
    assert 10 < len(refusal(content)) < 400


@pytest.mark.parametrize("start", [b"", b"<?xml version='1.0'?>", b"<OFX>", b":20:A\n:25:1\n:60F:C\n:61:", b"a,b\n1,"])
def test_ten_megabytes_of_nonsense_give_one_message_soon(start: bytes) -> None:
    letters = bytes(random.Random(7).choices(b"ABC:/<>,;\n0123456789 xyz", k=10_000))
    before = time.monotonic()
    assert 10 < len(refusal(start + letters * 1000)) < 400
    assert time.monotonic() - before < 20


@settings(max_examples=80, deadline=None)
@given(cut=st.integers(0, 2000), which=st.sampled_from([CHINESE, CAMT, MT940, OFX_1, OFX_2]), byte=st.integers(0, 255))
def test_a_file_that_is_cut_or_bitten_is_read_or_refused(cut: int, which: str, byte: int) -> None:
    content = which.encode()
    place = cut % len(content)
    for broken in (content[:place], content[:place] + bytes([byte]) + content[place + 1 :]):
        try:
            read_statements(broken)
        except BusinessError:
            continue
