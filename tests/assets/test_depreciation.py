"""What the monthly run may rely on: one voucher a period, repeatable, from the next month on where terms change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from asset_house import House, act, written

from hanse import BusinessError
from hanse_assets.charging import due
from hanse_assets.models import Depreciation, Method
from hanse_assets.reconciling import look
from hanse_assets.schedule import schedule
from hanse_finance.closing.checks import Level
from hanse_finance.closing.unattended import Bookkeepers, close

D = Decimal


def test_the_month_of_acquisition_is_not_depreciated_and_the_last_takes_the_rest(house: House):
    """36,000 at 5 % over 36 months: 34,200 / 36 = 950 a month, from February on."""
    asset = house.asset("2025-01-10")
    assert due(house.ctx, house.period("2025-01")) == []
    (voucher,) = house.depreciate("2025-02")
    assert written(voucher) == [("5602", "D", "950.00"), ("1602", "C", "950.00")]
    assert voucher.day == date(2025, 2, 28)
    months = schedule(house.ctx, asset)
    assert [(months[0].name, months[0].amount), (months[-1].name, months[-1].net)] == [
        ("2025-02", D(950)),
        ("2028-01", D(1800)),
    ]
    assert len(months) == 36


def test_a_second_run_adds_only_what_is_late(house: House):
    house.asset()
    house.depreciate("2025-01")
    with pytest.raises(BusinessError, match="nothing is left"):
        house.depreciate("2025-01")
    late = house.asset(cost="72000")
    (voucher,) = house.depreciate("2025-01")
    assert written(voucher) == [("5602", "D", "1900.00"), ("1602", "C", "1900.00")]
    assert house.charges(late) == {"2025-01": D(1900)}


def test_an_asset_entered_after_its_months_were_closed_catches_up(house: House):
    house.asset()
    house.book("2025-01-02", ("1601", "36000"), ("3001", "-36000"))
    close(Bookkeepers.at(house.ctx.session, house.ctx.company.id), "2025-02")
    late = house.asset()
    house.depreciate("2025-03")
    assert house.charges(late) == {"2025-03": D(2850)}
    assert schedule(house.ctx, late)[-1].net == D(1800)


def test_closing_without_a_screen_writes_the_voucher(house: House):
    asset = house.asset()
    house.book("2025-01-02", ("1601", "36000"), ("3001", "-36000"))
    january, february = close(Bookkeepers.at(house.ctx.session, house.ctx.company.id), "2025-02")
    assert [one.closed for one in (january, february)] == [True, True]
    assert january.vouchers == {"depreciation": 1, "profit": 1}
    assert house.charges(asset) == {"2025-01": D(950), "2025-02": D(950)}
    found = [one for one in february.checks if (one.check.code, one.check.addon) == ("C7", "hanse_assets")]
    assert [one.level for one in found] == [Level.OK]


def test_months_are_depreciated_in_their_order(house: House):
    house.asset()
    with pytest.raises(BusinessError, match="2025-01 first"):
        house.depreciate("2025-02")


def test_lines_are_summed_by_expense_account_and_department(house: House):
    ctx = house.ctx
    plant, office = ctx.run(act("core.department.create"), values=[{"name": "Plant"}, {"name": "Office"}]).done
    dimension = ctx.run(
        act("finance.dimension.create"), values=[{"code": "dep", "name": "Department", "source": "departments"}]
    ).id
    for code in ("4101", "5602"):
        ctx.run(act("finance.account.update"), [house.account(code)], values={"dimensions": [{"dimension": dimension}]})
    machines = house.category(
        "90", life=10, residual_rate=D(0), expenses=[{"department": plant, "account": house.account("4101")}]
    )
    house.asset(cost="1000", category=machines, department=plant)
    house.asset(cost="2000", category=machines, department=plant)
    house.asset(cost="500", category=machines, department=office)
    (voucher,) = house.depreciate("2025-01")
    assert written(voucher) == [("4101", "D", "300.00"), ("5602", "D", "50.00"), ("1602", "C", "350.00")]
    assert [line.details.name if line.details else None for line in voucher.lines] == ["Plant", "Office", None]


def test_new_terms_count_from_the_first_month_that_is_not_charged(house: House):
    """After two months 34,100 of 36,000 are left: to 1,800 over 22 instead of 34 months, 1,468.18 a month."""
    asset = house.asset()
    house.depreciate("2025-01", "2025-02")
    house.ctx.run(act("assets.asset.update"), [asset.id], values={"life": 24})
    house.depreciate("2025-03")
    assert house.charges(asset) == {"2025-01": D(950), "2025-02": D(950), "2025-03": D("1468.18")}
    months = schedule(house.ctx, house.read(asset.id))
    assert [len(months), months[-1].net, months[-1].name] == [24, D(1800), "2026-12"]
    with pytest.raises(BusinessError, match="beginning stays"):
        house.ctx.run(act("assets.asset.update"), [asset.id], values={"in_use_since": date(2024, 12, 12)})


def test_assets_that_were_taken_over_go_on_where_they_were(house: House):
    asset = house.asset("2023-12-05", opening_months=12, opening_depreciation=D(11400))
    house.depreciate("2025-01")
    assert house.charges(asset) == {"2025-01": D(950)}
    assert len(schedule(house.ctx, asset)) == 24


def test_output_is_charged_as_it_is_typed(house: House):
    """The lorry of the textbook: 1.14 a kilometre."""
    asset = house.asset(
        cost="600000",
        method=Method.PRODUCTION,
        output=D(500000),
        productions=[{"day": date(2025, 1, 31), "amount": D(4000)}, {"day": date(2025, 2, 28), "amount": D(100)}],
    )
    house.depreciate("2025-01", "2025-02")
    assert house.charges(asset) == {"2025-01": D(4560), "2025-02": D(114)}


def test_terms_from_which_no_plan_follows_are_refused(house: House):
    with pytest.raises(BusinessError, match="whole years"):
        house.asset(method=Method.DIGITS, life=30)
    with pytest.raises(BusinessError, match="can produce"):
        house.asset(method=Method.PRODUCTION)
    endless = house.category("91")
    with pytest.raises(BusinessError, match="useful life"):
        house.asset(category=endless)
    assert house.asset(category=endless, method=Method.NONE).life is None


def test_a_draft_that_is_deleted_is_charged_again_and_so_is_one_reversed_in_red(house: House):
    asset = house.asset()
    (draft,) = house.ctx.run(act("finance.period.depreciate"), [house.period("2025-01").id]).result
    house.ctx.run(act("finance.voucher.delete"), [draft])
    assert house.charges(asset) == {}
    (posted,) = house.depreciate("2025-01")
    red = house.ctx.run(act("finance.voucher.reverse"), [posted.id]).result
    house.post(red)
    assert [one.amount for one in due(house.ctx, house.period("2025-01"))] == [D(950)]
    (again,) = house.depreciate("2025-01")
    assert house.charges(asset) == {"2025-01": D(950)}
    assert again.id != posted.id


def test_the_check_says_what_is_left_and_where_register_and_ledger_differ(house: House):
    house.asset()
    period = house.period("2025-01")

    def found() -> list[tuple[Level, str]]:
        return [(one.level, str(one.message)) for one in look(house.ctx, period)]

    assert found() == [
        (Level.ERROR, "1 assets are still to be depreciated by 950."),
        (Level.ERROR, "1601 固定资产: the register says 36,000, the ledger 0."),
    ]
    house.book("2025-01-02", ("1601", "36000"), ("3001", "-36000"))
    house.depreciate("2025-01")
    assert found() == []
    house.book("2025-01-20", ("1602", "50"), ("5602", "-50"))
    assert found() == [(Level.ERROR, "1602 累计折旧: the register says -950, the ledger -900.")]


def test_vouchers_lead_to_assets_and_back(house: House):
    asset = house.asset()
    (voucher,) = house.depreciate("2025-01")
    assert [row.voucher_id for row in house.read(asset.id).depreciations] == [voucher.id]
    assert house.ctx.all(Depreciation, Depreciation.voucher == voucher).one().asset_id == asset.id


def test_a_voucher_that_came_with_the_books_is_taken_over_if_it_charges_what_is_due(house: House):
    """36,000 less 5 % over 36 months: 950 a month."""
    house.asset("2024-12-10")
    right, wrong = (
        house.book("2025-01-31", ("5602", amount), ("1602", f"-{amount}")).id for amount in ("950", "949.99")
    )
    for voucher, code in ((wrong, "2025-01"), (right, "2025-02")):
        with pytest.raises(BusinessError, match=r"charge what is due in 2025-0[12]"):
            house.ctx.run(act("finance.period.adopt_depreciation"), [house.period(code).id], voucher=voucher)
    house.ctx.run(act("finance.period.adopt_depreciation"), [house.period("2025-01").id], voucher=right)
    (row,) = house.ctx.all(Depreciation)
    assert (row.amount, row.voucher_id) == (Decimal(950), right)
    assert due(house.ctx, house.period("2025-01")) == []
    assert [one.amount for one in due(house.ctx, house.period("2025-02"))] == [Decimal(950)]
