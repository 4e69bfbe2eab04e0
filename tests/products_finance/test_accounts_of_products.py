"""Which account a product stands in: its category's, else that of the nearest above, else the company's."""

from __future__ import annotations

import pytest

from hanse import BusinessError, Context
from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse.settings.changing import change_settings
from hanse.testing import statements
from hanse_finance.models import Account
from hanse_products_finance.accounts import Use, account_of, accounts_of
from hanse_products_finance.models import AccountedCategory, ProductAccountsSettings


@pytest.fixture
def accounts(ctx: Context) -> dict[str, int]:
    """Four accounts, one for each use."""
    kinds = (("6001", "income", "C"), ("6401", "expense", "D"), ("1405", "asset", "D"), ("6602", "expense", "D"))
    rows = [{"code": code, "name": f"Account {code}", "type": kind, "side": side} for code, kind, side in kinds]
    made = ctx.run(find_action("finance.account.create"), values=rows).done
    return dict(zip([code for code, _kind, _side in kinds], made, strict=True))


def category(ctx: Context, name: str, **values) -> int:
    return ctx.run(find_action("products.category.create"), values=[{"name": name, **values}]).id


def test_the_nearest_above_that_names_one_counts(ctx, accounts):
    food = category(ctx, "Food", stock_account=accounts["1405"], income_account=accounts["6001"])
    dairy = category(ctx, "Dairy", parent=food)
    cheese = category(ctx, "Cheese", parent=dairy, income_account=accounts["6602"])
    other = category(ctx, "Other")
    assert accounts_of(ctx, Use.STOCK, [cheese, dairy, other, None]) == {
        cheese: accounts["1405"],
        dairy: accounts["1405"],
        other: None,
        None: None,
    }
    assert accounts_of(ctx, Use.INCOME, [cheese, dairy]) == {cheese: accounts["6602"], dairy: accounts["6001"]}


@pytest.mark.parametrize("use", Use)
def test_the_settings_count_where_no_category_names_one(ctx, accounts, use):
    bare, own = category(ctx, "Bare"), category(ctx, "Own", **{use.field: accounts["1405"]})
    with pytest.raises(BusinessError, match=rf"“{use.label}” was found.*Accounts of products"):
        account_of(ctx, use, bare)
    change_settings(ctx, ProductAccountsSettings, {use.field: accounts["6602"]})
    ctx.kept.clear()
    assert account_of(ctx, use, bare) == account_of(ctx, use, None) == accounts["6602"]
    assert account_of(ctx, use, own) == accounts["1405"]


def test_many_categories_take_two_statements(ctx, accounts):
    above = category(ctx, "Above", stock_account=accounts["1405"])
    below = [category(ctx, f"Below {number}", parent=above) for number in range(20)]
    with statements(ctx) as sent:
        assert set(accounts_of(ctx, Use.STOCK, below).values()) == {accounts["1405"]}
    assert len(sent) <= 2


def test_accounts_are_each_company_s_own(ctx, accounts):
    shared = category(ctx, "Shared", stock_account=accounts["1405"])
    company = ctx.run(
        find_action("core.company.create"), values=[{"name": "Sister Ltd", "currency": ctx.company.currency_id}]
    ).id
    system = identify(ctx.session, "system")
    sister = open_context(ctx.session, system, company, via="test")
    assert accounts_of(sister, Use.STOCK, [shared]) == {shared: None}
    ctx.bind()
    (found,) = ctx.all(AccountedCategory, AccountedCategory.id == shared)
    assert found.stock_account is not None
    assert ctx.all(Account, Account.id == found.stock_account.id).ids == [accounts["1405"]]
