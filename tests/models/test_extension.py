"""What an addon may rely on when it extends another addon's model."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sample_fines.models import FinedBook
from sample_library.models import Book, Copy, Reader
from sample_reviews.models import Review, ReviewedBook
from sqlalchemy import select

from hanse.actions import open_context
from hanse.models import ModelError, resolution_order
from hanse.models.build import DetachedRecord
from hanse.testing.people import switch_on


def test_every_view_of_a_model_is_the_one_mapped_class():
    assert id(FinedBook) == id(ReviewedBook) == id(Book)


def test_fields_of_an_extension_are_columns_of_the_owners_table_and_name_their_addon():
    addons = {column.name: column.info["addon"] for column in Book.__table__.columns}
    assert addons["title"] == addons["company_id"] == "sample_library"
    assert addons["stars"] == addons["champion_id"] == "sample_reviews"
    assert addons["fine"] == "sample_fines"
    assert {name: Book.__fields__[name].addon for name in ("title", "stars", "reviews", "fine")} == {
        "title": "sample_library",
        "stars": "sample_reviews",
        "reviews": "sample_reviews",
        "fine": "sample_fines",
    }


def test_an_extension_can_be_queried_with_the_owners_fields(library):
    momo = library.book(stars=4, fine="2")
    library.book("Emma", stars=2)
    query = select(FinedBook).where(ReviewedBook.stars > 3, FinedBook.fine == 2, Book.title == "Momo")
    assert library.ctx.session.scalars(query).one() is momo


def test_lines_of_an_extension_work_both_ways(library, verb):
    momo = library.book()
    library.ctx.run(
        verb("reviews.review.create"), values=[{"book": momo, "words": "fine"}, {"book": momo, "words": "long"}]
    )
    assert [review.words for review in momo.reviews] == ["fine", "long"]
    assert momo.reviews[0].book is momo
    assert library.ctx.session.scalars(select(Review).where(Review.book == momo)).first() is momo.reviews[0]


def test_the_most_dependent_addon_is_asked_first():
    names = [fragment.name for fragment in resolution_order(Book)]
    assert names[0] == "BridgedBook"
    assert names[-1] == "Book"
    assert names.index("ReviewedBook") < names.index("FinedBook"), "equals follow each other by name"


@pytest.mark.parametrize(
    ("on", "name"),
    [
        ([], "Momo"),
        (["sample_reviews"], "Momo ****"),
        (["sample_fines"], "(Momo)"),
        (["sample_reviews", "sample_fines"], "[(Momo) ****]"),
    ],
)
def test_overrides_are_passed_over_where_their_addon_is_off(library, on, name):
    momo = library.book(stars=4)
    switch_on(library.ctx, ["sample_library", *on])
    open_context(library.ctx.session, library.ctx.user, library.ctx.company.id, via="test")
    assert momo.display_name() == name


def test_properties_are_gated_like_methods(library):
    momo = library.book()
    assert momo.label == "MOMO!"
    switch_on(library.ctx, ["sample_library"])
    open_context(library.ctx.session, library.ctx.user, library.ctx.company.id, via="test")
    assert momo.label == "MOMO"


def test_super_reaches_through_every_addon(library):
    momo = library.book(fine="10")
    assert momo.late_fee(3) == Decimal(26), "(3 days + the fine) twice, as reviews stands above fines"


def test_a_new_method_of_an_extension_needs_no_addon_below(library):
    assert library.book(stars=5).is_praised()
    assert not library.book("Emma").is_praised()


def test_rows_without_the_addon_stay_valid(library):
    switch_on(library.ctx, ["sample_library"])
    library.ctx = open_context(library.ctx.session, library.ctx.user, library.ctx.company.id, via="test")
    momo = library.book()
    assert (momo.stars, momo.verdict, momo.fine) == (None, "none yet", None)


def test_a_record_that_no_context_has_loaded_says_so():
    with pytest.raises(DetachedRecord, match=r"read it with ctx\.visible\(\) or ctx\.all\(\)"):
        Book(title="Loose").display_name()


def test_of_gives_the_same_record_and_refuses_those_of_other_models(library):
    momo = library.book()
    assert ReviewedBook.of(momo) is momo
    with pytest.raises(ModelError, match="no Book"):
        Book.of(library.reader())


def test_may_be_deleted_is_asked_in_every_addon(library, verb):
    best = library.book(stars=5)
    with pytest.raises(Exception, match=r"\[\(Momo\) \*\*\*\*\*\] cannot be deleted"):
        library.ctx.run(verb("library.book.delete"), [best])
    library.ctx.run(verb("library.book.update"), [best], values={"stars": 4})
    library.ctx.run(verb("library.book.delete"), [best])
    assert not library.ctx.all(Book)


def test_what_an_extension_points_to_can_be_a_shared_model(library):
    ann = library.reader()
    assert library.book(champion=ann).champion is ann
    assert {key.ondelete for key in Copy.__table__.foreign_keys if key.column.table is Book.__table__} == {"CASCADE"}
    assert Reader.__table__.c.get("company_id") is None
