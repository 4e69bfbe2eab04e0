"""What a Chinese company's taxes may rely on: rates of its kind of taxpayer, dated, on the accounts of the chart.

Rates and days: the announcements named in hanse_invoicing_cn.rates, as recorded in a table of their own.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from hanse.settings.changing import change_settings
from hanse_cn.models import ChinaSettings, Taxpayer
from hanse_invoicing.models import Tax, TaxUse
from hanse_invoicing_cn.models import ChineseTax, FapiaoKind


def loaded(trade, kind):
    change_settings(trade.ctx, ChinaSettings, {"taxpayer": kind})
    trade.ctx.kept.clear()
    trade.act(Tax, "load_chinese")
    return [one for one in trade.ctx.all(Tax) if one.code not in ("OUT", "IN")]


@pytest.mark.parametrize(
    ("day", "rates"),
    [
        ("2018-04-30", {"0", "3", "6", "11", "17"}),
        ("2018-05-01", {"0", "3", "6", "10", "16"}),
        ("2019-03-31", {"0", "3", "6", "10", "16"}),
        ("2019-04-01", {"0", "3", "6", "9", "13"}),
    ],
)
def test_a_general_taxpayer_charges_what_held_on_the_day(trade, day, rates):
    on = date.fromisoformat(day)
    found = [one for one in loaded(trade, Taxpayer.GENERAL) if one.use is TaxUse.SALE and one.holds_on(on)]
    assert {f"{one.percent:f}" for one in found} == rates
    assert {one.account.name.rpartition("-")[2] for one in found if one.percent not in (0, 3)} == {"销项税额"}


@pytest.mark.parametrize(
    ("day", "rates"), [("2022-12-31", {"0", "3"}), ("2027-12-31", {"0", "1", "3"}), ("2028-01-01", {"0", "3"})]
)
def test_a_small_scale_taxpayer_pays_a_levy(trade, day, rates):
    on = date.fromisoformat(day)
    found = [one for one in loaded(trade, Taxpayer.SMALL_SCALE) if one.use is TaxUse.SALE and one.holds_on(on)]
    assert {f"{one.percent:f}" for one in found} == rates
    assert all(ChineseTax.of(one).taxpayer in (None, Taxpayer.SMALL_SCALE) for one in found)


def test_loading_again_leaves_alone_what_people_have_changed(trade):
    (vat,) = [one for one in loaded(trade, Taxpayer.GENERAL) if one.code == "S13"]
    trade.act(Tax, "update", vat.id, values={"name": "ours"})
    before = trade.ctx.all(Tax).ids
    trade.act(Tax, "load_chinese")
    assert trade.ctx.all(Tax).ids == before
    assert trade.ctx.all(Tax, Tax.id == vat.id).one().name == "ours"


def test_an_invoice_says_its_kind_of_fapiao_after_posting_too(trade):
    invoice = trade.posted([("1", "100")])
    trade.act(type(invoice), "update", invoice.id, values={"fapiao_kind": FapiaoKind.ELECTRONIC_SPECIAL})
    assert trade.invoice(invoice.id).fapiao_kind is FapiaoKind.ELECTRONIC_SPECIAL
    assert invoice.gross == Decimal(113)
