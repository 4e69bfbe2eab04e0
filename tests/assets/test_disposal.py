"""What buying, selling, scrapping and writing down may rely on: vouchers by the standard, and books that agree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from asset_house import House, act, written

from hanse import BusinessError
from hanse.settings.changing import change_settings
from hanse_assets.models import Asset, AssetsSettings, AssetStatus, DisposalKind
from hanse_assets.reconciling import look
from hanse_finance.models import Voucher

D = Decimal


def bought(house: House, **values: object) -> Asset:
    """An asset of 36,000 with 4,680 input VAT, paid by bank in January: 950 a month from February on."""
    asset = house.asset("2025-01-10", input_tax=D(4680), **values)
    house.book("2025-01-02", ("1002", "100000"), ("3001", "-100000"))
    house.do("acquire", asset, account=house.account("1002"))
    return house.read(asset.id)


def balance(house: House, code: str) -> Decimal:
    """Add up the posted lines of an account."""
    vouchers = house.ctx.all(Voucher, Voucher.state == "posted")
    return sum((line.base for one in vouchers for line in one.lines if line.account.code == code), D(0))


def test_an_acquisition_has_its_input_tax_apart_and_is_written_once(house: House):
    asset = bought(house)
    assert asset.acquisition is not None
    assert written(asset.acquisition) == [
        ("1601", "D", "36000.00"),
        ("22210101", "D", "4680.00"),
        ("1002", "C", "40680.00"),
    ]
    with pytest.raises(BusinessError, match="already"):
        house.do("acquire", asset, account=house.account("1002"))
    assert list(look(house.ctx, house.period("2025-01"))) == []


def test_a_sale_depreciates_the_month_and_brings_its_gain_to_non_operating_income(house: House):
    """After February and March 34,100 are left; sold for 35,000 and 13 % VAT, so 900 are gained."""
    asset = bought(house)
    house.depreciate("2025-02")
    alone, sale = house.do(
        "dispose", asset, on=date(2025, 3, 20), proceeds=D(35000), tax=D(4550), account=house.account("1002")
    )
    assert written(alone) == [("5602", "D", "950.00"), ("1602", "C", "950.00")]
    assert written(sale) == [
        ("1606", "D", "34100.00"),
        ("1602", "D", "1900.00"),
        ("1601", "C", "36000.00"),
        ("1002", "D", "39550.00"),
        ("1606", "C", "35000.00"),
        ("22210107", "C", "4550.00"),
        ("1606", "D", "900.00"),
        ("5301", "C", "900.00"),
    ]
    assert [balance(house, code) for code in ("1606", "1601", "1602")] == [0, 0, 0]
    sold = house.read(asset.id)
    assert (sold.status, sold.disposed_on, sold.disposal) == (AssetStatus.DISPOSED, date(2025, 3, 20), sale)
    assert list(look(house.ctx, house.period("2025-03"))) == []
    with pytest.raises(BusinessError, match="disposed of"):
        house.do("dispose", sold, on=date(2025, 4, 1))
    with pytest.raises(BusinessError, match="does not change"):
        house.ctx.run(act("assets.asset.update"), [sold.id], values={"life": 12})


def test_what_is_scrapped_with_costs_is_a_non_operating_expense(house: House):
    asset = bought(house)
    (_alone, voucher) = house.do(
        "dispose",
        asset,
        on=date(2025, 2, 3),
        kind=DisposalKind.SCRAPPED,
        costs=D(100),
        account=house.account("1002"),
    )
    assert written(voucher)[-2:] == [("5711", "D", "35150.00"), ("1606", "C", "35150.00")]
    assert balance(house, "1606") == 0


def test_amounts_of_a_disposal_need_an_account(house: House):
    asset = bought(house)
    with pytest.raises(BusinessError, match="on which account"):
        house.do("dispose", asset, on=date(2025, 2, 3), proceeds=D(1))
    with pytest.raises(BusinessError, match="below zero"):
        house.do("dispose", asset, on=date(2025, 2, 3), costs=D(-1))
    with pytest.raises(BusinessError, match="after it was acquired"):
        house.do("dispose", asset, on=date(2025, 1, 3))


def test_a_disposal_is_taken_back_once_its_voucher_is_gone(house: House):
    asset = bought(house)
    drafts = house.ctx.run(act("assets.asset.dispose"), [asset.id], on=date(2025, 2, 3)).result
    with pytest.raises(BusinessError, match="Delete or reverse"):
        house.ctx.run(act("assets.asset.undo_disposal"), [asset.id])
    house.ctx.run(act("finance.voucher.delete"), drafts)
    house.ctx.run(act("assets.asset.undo_disposal"), [asset.id])
    assert house.read(asset.id).status is AssetStatus.USED
    (voucher,) = house.depreciate("2025-02")
    assert written(voucher)[0] == ("5602", "D", "950.00")


def test_an_impairment_is_spread_over_the_months_that_are_left(house: House):
    """After February 35,050 are left; less 3,325 and 1,800 over 35 months: 855 a month."""
    house.ctx.run(
        act("finance.account.create"),
        values=[{"code": "6701", "name": "资产减值损失", "type": "expense", "side": "D"}],
    )
    change_settings(
        house.ctx,
        AssetsSettings,
        {"provision_account": house.account("1603"), "impairment_account": house.account("6701")},
    )
    asset = bought(house)
    alone, voucher = house.do("write_down", asset, amount=D(3325), on=date(2025, 2, 28))
    assert written(alone)[0] == ("5602", "D", "950.00")
    assert written(voucher) == [("6701", "D", "3325.00"), ("1603", "C", "3325.00")]
    house.depreciate("2025-03")
    assert house.charges(asset) == {"2025-02": D(950), "2025-03": D(855)}
    assert list(look(house.ctx, house.period("2025-03"))) == []
    with pytest.raises(BusinessError, match="at most"):
        house.do("write_down", house.read(asset.id), amount=D(99999), on=date(2025, 3, 31))


def test_an_asset_is_disposed_of_by_its_action_only(house: House):
    asset = house.asset()
    with pytest.raises(BusinessError, match="Dispose of"):
        house.ctx.run(act("assets.asset.update"), [asset.id], values={"status": AssetStatus.DISPOSED})
