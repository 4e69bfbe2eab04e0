"""What reminders may rely on: once for each level, all that is overdue in one letter, in the customer's words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hanse import BusinessError
from hanse.documents.fonts import font_directory
from hanse.files import FolderStore
from hanse_invoicing.models import OpenItem, Reminder, ReminderLevel
from hanse_invoicing.papers import print_reminders

D = Decimal


@pytest.fixture
def overdue(trade):
    """Acme owes since March 10 and since May 5; levels at 7 and 30 days."""
    texts = [
        {"language": "en", "subject": "Friendly reminder", "body": "Please pay."},
        {"language": "zh_CN", "subject": "催款函", "body": "请付款。"},
    ]
    for name, days in (("first", 7), ("second", 30)):
        trade.act(ReminderLevel, "create", values=[{"name": name, "days": days, "texts": texts}])
    trade.posted([("1", "100")], on="2025-03-10")
    trade.posted([("1", "200")], on="2025-05-05")
    return trade


def written(trade, day):
    trade.ctx.clock = lambda: datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=4)
    made = trade.act(Reminder, "write").result
    return list(trade.ctx.all(Reminder, Reminder.id.in_(made), order_by=[Reminder.id]))


def test_everybody_is_reminded_once_for_each_level(overdue):
    with pytest.raises(BusinessError, match="Nobody"):
        written(overdue, "2025-03-16")
    (first,) = written(overdue, "2025-03-17")
    assert (first.level.name, [line.open for line in first.lines], first.base) == ("first", [D(113)], D(113))
    with pytest.raises(BusinessError, match="Nobody"):
        written(overdue, "2025-03-18")
    (second,) = written(overdue, "2025-04-09")
    assert second.level.name == "second"
    (third,) = written(overdue, "2025-05-12")
    assert (third.level.name, [line.open for line in third.lines]) == ("first", [D(113), D(226)])


def test_a_reminder_that_was_not_sent_does_not_count(overdue):
    (first,) = written(overdue, "2025-03-17")
    overdue.act(Reminder, "delete", first.id)
    assert [one.level.name for one in written(overdue, "2025-03-18")] == ["first"]


def test_who_has_paid_in_advance_is_left_alone(overdue):
    overdue.payment("400", advance=True)
    with pytest.raises(BusinessError, match="Nobody"):
        written(overdue, "2025-04-09")
    assert overdue.ctx.all(OpenItem, OpenItem.open > 0).ids


def test_the_letter_is_in_the_words_of_its_level(overdue, tmp_path, monkeypatch, text_of):
    monkeypatch.setenv("HANSE_FONTS", str(font_directory()))
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    overdue.run("contacts.partner.update", overdue.acme, values={"language": "en"})
    (page,) = text_of(print_reminders(overdue.ctx, written(overdue, "2025-03-17"), FolderStore(tmp_path / "files")))
    assert "Friendly reminder" in page
    assert "Please pay." in page
    assert "INV2025-00001" in page
    assert "113.00" in page
