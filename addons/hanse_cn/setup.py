"""A new Chinese company: its chart of accounts, its kind of VAT taxpayer, its voucher words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import BusinessError, Context, Question, _
from hanse.settings.changing import change_settings
from hanse_cn.charts import load_chart
from hanse_cn.models import Chart, ChinaSettings, Taxpayer
from hanse_finance.setup import WordScheme, action, register_words

CHART, TAXPAYER = "chart", "taxpayer"


_RECEIPT, _PAYMENT, _TRANSFER = "收款凭证", "付款凭证", "转账凭证"
SCHEMES = [
    register_words(scheme)
    for scheme in (
        WordScheme("ji", _("One series: 记"), (("记", "记账凭证"),), "hanse_cn"),
        WordScheme(
            "three", _("Three series: 收, 付, 转"), (("收", _RECEIPT), ("付", _PAYMENT), ("转", _TRANSFER)), "hanse_cn"
        ),
        WordScheme(
            "five",
            _("Five series: 现收, 现付, 银收, 银付, 转"),
            (("现收", _RECEIPT), ("现付", _PAYMENT), ("银收", _RECEIPT), ("银付", _PAYMENT), ("转", _TRANSFER)),
            "hanse_cn",
        ),
    )
]


def questions() -> list[Question]:
    """Ask what a Chinese company must say."""
    return [
        Question(
            CHART,
            _("Chart of accounts"),
            "choice",
            [(chart.value, chart.label) for chart in Chart],
            default=Chart.SMALL_BUSINESS.value,
            required=False,
            help=_("Loaded as it stands in the standard; accounts can be added and renamed afterwards."),
        ),
        Question(
            TAXPAYER,
            _("VAT taxpayer"),
            "choice",
            [(kind.value, kind.label) for kind in Taxpayer],
            default=Taxpayer.GENERAL.value,
            help=_("As registered with the tax office; it decides rates and which tax accounts are used."),
        ),
    ]


def set_up(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Load the chart that was chosen, and keep the kind of taxpayer in the company's settings.

    :raises BusinessError: an answer is none of the choices
    """
    if answers.get(CHART):
        load_chart(ctx, str(answers[CHART]))
        ctx.run(action("finance.cash_item.load"))
        change_settings(ctx, ChinaSettings, {"standard": Chart(str(answers[CHART]))})
    if answers.get(TAXPAYER):
        keep_taxpayer(ctx, _taxpayer(str(answers[TAXPAYER])))


def _taxpayer(answer: str) -> Taxpayer:
    try:
        return Taxpayer(answer)
    except ValueError:
        raise BusinessError(_("“%(answer)s” is no kind of taxpayer.", answer=answer), field=TAXPAYER) from None


def keep_taxpayer(ctx: Context, kind: Taxpayer) -> None:
    """Keep the kind of taxpayer in the company's settings."""
    change_settings(ctx, ChinaSettings, {"taxpayer": kind})


def taxpayer_of(ctx: Context) -> Taxpayer | None:
    """Give the company's kind of taxpayer; None: nobody has said."""
    return ctx.settings(ChinaSettings).taxpayer
