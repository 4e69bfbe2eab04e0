"""What an addon may rely on when it tells people something: in their language, if they may see what it is about."""

from __future__ import annotations

from hanse.i18n import Text, speaking
from hanse.testing import statements

LOW = Text("sample_library", "Only %(count)s copies are left.", {"count": 2})


def test_people_are_told_in_their_own_words_and_never_who_caused_it(desk):
    ann, book = desk.person("ann", "library.book.read"), desk.library.book()
    desk.ctx.notify([ann.user.id, desk.ctx.user.id], LOW, record=book)

    assert desk.told(ann) == [("Only 2 copies are left.", "Momo")]
    assert desk.told(desk.ctx) == []


def test_who_may_not_see_the_record_is_not_told(desk):
    eve, book = desk.person("eve", "library.loan.read"), desk.library.book()
    desk.ctx.notify([eve.user.id], LOW, record=book)

    assert desk.told(eve) == []


def test_what_is_told_again_before_it_was_read_is_there_once_unless_the_topic_differs(desk):
    ann, book = desk.person("ann", "library.book.read"), desk.library.book()
    for topic in ("", "", "shelf"):
        desk.ctx.notify([ann.user.id], LOW, record=book, topic=topic)

    assert desk.told(ann) == [("Only 2 copies are left.", "Momo")] * 2


def test_an_alert_about_no_record_reaches_whoever_works_here(desk):
    ann, gone = desk.person("ann"), desk.person("gone")
    desk.ctx.session.connection().exec_driver_sql(f"UPDATE core_user SET active = false WHERE id = {gone.user.id}")
    desk.ctx.notify([ann.user.id, gone.user.id], Text("hanse", "Saved.", {}))

    with speaking("zh_CN"):
        assert desk.told(ann) == [("已保存。", "")]
    assert desk.told(gone) == []


def test_telling_many_costs_the_action_one_statement(desk):
    people = [desk.person(f"p{n}").user.id for n in range(5)]
    with statements(desk.ctx) as sent:
        desk.ctx.notify(people, LOW)

    assert len(sent) == 1
