"""What is refused when models are declared, and that the message says who and what."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sample_library.models import Book, Shelf

from hanse.models import (
    Choice,
    Field,
    Index,
    Kind,
    Mapped,
    Model,
    ModelError,
    build,
    choice,
    declared_models,
    flag,
    lines,
    link,
    metadata,
    money,
    number,
    text,
)
from hanse.models.base import models_by_name


@pytest.fixture(autouse=True)
def undeclared() -> Iterator[None]:
    """Forget the models that a test declares."""
    models, tables = list(declared_models), set(metadata.tables)
    yield
    declared_models[:] = models
    for name in list(models_by_name):
        models_by_name[name] = [model for model in models_by_name[name] if model in models]
    for name in set(metadata.tables) - tables:
        metadata.remove(metadata.tables[name])


def from_addon(fragment_of: type[Model], addon: str) -> None:
    """Pretend that the last body of a model stands in the models of an addon."""
    fragment = fragment_of.__fragments__[-1]
    fragment.module, fragment.addon = f"{addon}.models", addon


def test_two_addons_that_declare_the_same_field_are_both_named():
    class Thing(Model):
        __tablename__ = "test_thing"
        size: Mapped[int] = number("Size")

    class OtherThing(Thing, extends=True):
        size: Mapped[int | None] = number("Size again")

    from_addon(Thing, "sample_fines")
    with pytest.raises(
        ModelError,
        match=r"Thing\.size: declared by both .*test_declarations\.Thing and sample_fines\.models\.OtherThing",
    ):
        build(["sample_fines"])


def test_a_required_field_without_a_default_is_refused_on_another_addons_table():
    class Thing(Model):
        __tablename__ = "test_thing"

    class DeepThing(Thing, extends=True):
        depth: Mapped[int] = number("Depth")

    from_addon(Thing, "sample_fines")
    with pytest.raises(ModelError, match=r"sample_fines\.models\.DeepThing\.depth: needs \| None or a default"):
        build(["sample_fines"])


def test_two_indexes_of_one_name_are_refused_until_one_has_a_name_of_its_own():
    class Measured(Model):
        __tablename__ = "test_measured"
        size: Mapped[int] = number("Size")
        __rules__ = [Index("size"), Index("size", where="size > 7")]

    with pytest.raises(ModelError, match="two indexes would be called ix_test_measured_company_id_size; give one of"):
        build([])


def test_an_index_with_a_name_of_its_own_stands_beside_another_over_the_same_column():
    class Weighed(Model):
        __tablename__ = "test_weighed"
        weight: Mapped[int] = number("Weight")
        __rules__ = [Index("weight"), Index("weight", where="weight > 7", name="heavy")]

    build([])
    names = {index.name for index in metadata.tables["test_weighed"].indexes}
    assert {"ix_test_weighed_company_id_weight", "ix_test_weighed_company_id_weight_heavy"} <= names


def test_extending_after_the_build_is_refused():
    with pytest.raises(ModelError, match=r"LateBook: import every addon's models before build\(\)"):

        class LateBook(Book, extends=True):
            pass


def test_an_extension_of_an_addon_that_is_not_installed_is_refused():
    class Thing(Model):
        __tablename__ = "test_thing"

    class StrangeThing(Thing, extends=True):
        pass

    from_addon(Thing, "acme")
    with pytest.raises(ModelError, match="addon acme is imported but not installed"):
        build(["sample_fines"])


def test_only_methods_and_properties_can_be_overridden():
    class Thing(Model):
        __tablename__ = "test_thing"

        @staticmethod
        def answer() -> int:
            return 42

    class OtherThing(Thing, extends=True):
        @staticmethod
        def answer() -> int:
            return 43

    from_addon(Thing, "sample_fines")
    with pytest.raises(ModelError, match=r"OtherThing\.answer: only methods and properties can be overridden"):
        build(["sample_fines"])


def test_a_model_needs_a_table_name():
    with pytest.raises(ModelError, match="Nameless: __tablename__ is missing"):

        class Nameless(Model):
            pass


def test_a_model_cannot_inherit_from_another_without_extending_it():
    with pytest.raises(ModelError, match="add extends=True to extend one"):

        class Novel(Book):
            pass


def test_an_attribute_must_be_declared_by_a_field_kind():
    with pytest.raises(ModelError, match=r"Bare\.size: declare it with a field kind"):

        class Bare(Model):
            __tablename__ = "test_bare"
            size: Mapped[int]


class Colour(Choice):
    RED = "red", "Red"


class Wrong:
    """Not a model."""


def declare(note: str | None, declaration: object) -> None:
    body: dict[str, object] = {"__tablename__": "test_odd", "__module__": __name__, "field": declaration}
    body["__annotations__"] = {"field": note} if note else {}
    type(Model)("Odd", (Model,), body)
    build([])


@pytest.mark.parametrize(
    ("note", "declaration", "message"),
    [
        (None, text("A"), r"Odd\.field: annotate it, as in field: Mapped\[str\]"),
        ("str", text("A"), r"Odd\.field: the annotation is str, not Mapped\[…\]"),
        ("Mapped[int]", text("A"), r"Odd\.field: Mapped\[int\] does not fit text\(\)"),
        ("Mapped[float]", money("A"), r"float"),
        ("Mapped[int | str]", number("A"), "more than one type besides None"),
        ("Mapped[str]", choice("A"), r"does not fit choice\(\)"),
        ("Mapped[Wrong]", link("A"), r"does not fit link\(\)"),
        ("Mapped[Nowhere]", link("A"), "there is no Nowhere; import it"),
        ("Mapped[Colour]", link("A"), r"does not fit link\(\)"),
        ("Mapped[Shelf]", lines("A"), r"Mapped\[Shelf\] does not fit lines\(\)"),
        ("Mapped[list[Shelf]]", lines("A"), "links back from Shelf: none; say which with by="),
    ],
)
def test_a_wrong_annotation_is_explained(note, declaration, message):
    with pytest.raises(ModelError, match=message):
        declare(note, declaration)


def test_names_that_every_model_has_cannot_be_declared():
    for name in ("id", "rev", "company_id", "display_name"):
        with pytest.raises(ModelError, match=f"every model has a {name} already"):
            type(Model)(
                "Odd",
                (Model,),
                {
                    "__tablename__": "test_odd",
                    "__module__": __name__,
                    "__annotations__": {name: "Mapped[str]"},
                    name: text("A"),
                },
            )
            build([])
        declared_models.pop()


def test_lines_that_could_mean_several_links_are_refused():
    class Road(Model):
        __tablename__ = "test_road"
        first: Mapped[Town] = link("From")
        last: Mapped[Town] = link("To")

    class Town(Model):
        __tablename__ = "test_town"
        roads: Mapped[list[Road]] = lines("Roads")

    with pytest.raises(ModelError, match=r"links back from Road: first, last; say which with by="):
        build([])


def test_per_company_fields_belong_on_shared_models():
    class Thing(Model):
        __tablename__ = "test_thing"
        size: Mapped[int | None] = number("Size", per_company=True)

    with pytest.raises(ModelError, match="per_company belongs on shared models"):
        build([])


def test_an_attribute_asked_for_before_the_build_says_what_to_do():
    class Thing(Model):
        __tablename__ = "test_thing"
        size: Mapped[int] = number("Size")

    with pytest.raises(AttributeError, match=r"Thing\.size is not there before build\(\): use it in actions\.py"):
        Thing.size  # noqa: B018


def test_a_field_tells_all_that_screens_need():
    price: Field = Book.__fields__["price"]
    assert (price.kind, str(price.label), price.required, price.places) == (Kind.MONEY, "Price", False, 8)
    assert Book.__fields__["shelf"].target is Shelf
    assert Book.__fields__["shelf"].column == "shelf_id"
    assert Book.__fields__["title"].max_length == 40
    assert Book.__fields__["code"].required is False, "a number comes by its rule"
    assert Book.__fields__["copies"].owned
    assert Book.__fields__["weight"].unit == "kg"
    assert [str(member.label) for member in Book.__fields__["genre"].choices or ()] == [
        "Novel",
        "Poetry",
        "Children's book",
    ]


def test_declarations_become_a_table():
    class Thing(Model):
        __tablename__ = "test_thing"
        size: Mapped[Decimal | None] = money("Size")
        on: Mapped[bool] = flag("On", default=True)

    build([])
    columns = {column.name: (str(column.type), column.nullable) for column in Thing.__table__.columns}
    assert columns == {
        "id": ("BIGINT", False),
        "company_id": ("BIGINT", False),
        "rev": ("INTEGER", False),
        "size": ("NUMERIC", True),
        "on": ("BOOLEAN", False),
    }
