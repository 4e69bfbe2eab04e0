"""Searching by content and by pinyin, and sorting by name, on any PostgreSQL: trigrams where there are any.

Operators that are not leakproof cannot use an index under row security, so content is searched by one function of the
owner that takes the companies and gives ids; what it finds passes through ``visible()`` like everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    ColumnElement,
    Table,
    TextClause,
    and_,
    false,
    func,
    literal_column,
    or_,
    text,
    true,
)

from hanse.database.pinyin import is_hanzi, sounds
from hanse.database.policies import is_scoped
from hanse.models import Field, Model, display_fields
from hanse.models.columns import quoted

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: Function of the kernel's first migration.
SORT_FUNCTION = (
    "CREATE FUNCTION hanse_sort(text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT "
    "AS $body$ SELECT convert_to(lower($1), 'GB18030') $body$"
)
#: The generated columns of a searched table: how its words are read, and the text itself where it is made of several
#: fields, as putting them together anew for every row that is looked at costs three times as much as comparing.
KEY, TEXT = "search_pinyin", "search_text"
#: Up to so many matches are named one by one; more are common enough to be met soon by whoever reads in order.
FEW = 2_000
#: The same where no index finds them, and rows are read until so many are met: a list read in vain costs some three
#: times as much as the table.
SCARCE = 20
#: A table of so few bytes is read by a plan that is kept, which takes less than to plan for the words asked for.
SMALL = 256 * 1024
#: In tables of so many rows it is worth looking whether matches are common; so many rows are read to see it, and so
#: many matches among them make them so.
LARGE, PROBED, COMMON = 20_000, 1_000, 10


def searched_fields(table: Table, addons: Collection[str] | None = None, without: Collection[str] = ()) -> list[Field]:
    """Give the fields of a table that the search box looks into, of all addons or of some, ``without`` some columns."""
    fields = (cast("Field | None", column.info.get("field")) for column in table.columns if column.name not in without)
    return [one for one in fields if one is not None and one.search and (addons is None or one.addon in addons)]


def expression(
    table: Table, source: str = "", addons: Collection[str] | None = None, without: Collection[str] = ()
) -> str:
    """Write the text of a row that is searched.

    :param source: name or alias of the table, where a statement joins others
    """
    prefix = f"{source}." if source else ""
    parts = [f"coalesce({prefix}{quoted(field.column)}, '')" for field in searched_fields(table, addons, without)]
    return "lower(" + " || ' ' || ".join(parts) + ")"


def content(
    table: Table, source: str = "", addons: Collection[str] | None = None, without: Collection[str] = ()
) -> str:
    """Write where the searched text of a row stands: its column, or of a single field the expression."""
    if len(searched_fields(table, addons, without)) < 2:
        return expression(table, source, addons, without)
    return f"{source}.{TEXT}" if source else TEXT


#: The body of the searching function.  It runs what it writes, so that the planner knows the words.
_BODY = """ DECLARE
    asked jsonb := $2::jsonb; more bigint[];
    texts text[]; sounds text[]; indexed boolean; ranked boolean; large boolean; number boolean;
    condition text; source text; found bigint[] := ARRAY[]::bigint[]; best bigint[]; better jsonb; narrower text;
BEGIN
    IF pg_relation_size('%(table)s') <= %(small)s THEN
        texts := ARRAY(SELECT jsonb_array_elements_text(asked->'words'->0->'text'));
        sounds := ARRAY(SELECT jsonb_array_elements_text(asked->'words'->0->'sounds'));
        more := ARRAY(
            SELECT one.id FROM (
                SELECT %(table)s.id, %(own)s AS said, %(table)s.search_pinyin AS heard FROM %(table)s
                WHERE %(company)s(%(own)s LIKE ANY (texts) OR %(table)s.search_pinyin LIKE ANY (sounds)) OFFSET 0
            ) AS one
            WHERE NOT EXISTS (
                SELECT FROM jsonb_array_elements(asked->'words') AS word
                WHERE (one.said LIKE ANY (ARRAY(SELECT jsonb_array_elements_text(word->'text')))
                    OR one.heard LIKE ANY (ARRAY(SELECT jsonb_array_elements_text(word->'sounds')))) IS NOT TRUE
            ) LIMIT $3);
        IF cardinality(more) < $3 THEN RETURN QUERY SELECT unnest(more); RETURN; END IF;
    END IF;
    indexed := asked->'indexed'; ranked := asked ? 'better';
    large := (SELECT reltuples >= %(large)s FROM pg_class WHERE oid = '%(table)s'::regclass);
    number := coalesce(asked->>'name' ~ '[0-9]', false);  -- one stands in the middle of what is like it
    condition := hanse_search('%(content)s', asked->'words'); source := '%(table)s WHERE %(company)s';
    IF ranked AND large THEN%(named)s
        IF cardinality(found) >= $3 AND NOT number THEN RETURN QUERY SELECT unnest(found); RETURN; END IF;
    END IF;
    IF indexed AND large AND NOT number THEN
        narrower := (
            SELECT string_agg('(array_agg(id) FILTER (WHERE ' || hanse_search('%(content)s', one) || '))[1:$2]', ' || ')
            FROM jsonb_array_elements(asked->'better') AS one);
        EXECUTE 'SELECT array_agg(id), ' || coalesce(narrower, 'NULL::bigint[]')
            || ' FROM %(first)s WHERE ' || condition INTO more, best USING $1, $3;
        IF cardinality(more) >= %(common)s THEN
            IF NOT ranked THEN RETURN QUERY SELECT NULL::bigint; RETURN; END IF;
            IF cardinality(more) < $3 THEN
                PERFORM set_config('enable_bitmapscan', 'off', true);
                EXECUTE 'SELECT ARRAY(SELECT id FROM ' || source || condition || ' LIMIT $2)' INTO more USING $1, $3;
            END IF;
            RETURN QUERY SELECT DISTINCT unnest(found || more[1:$3] || best); RETURN;
        END IF;
    END IF;
    IF indexed THEN
        PERFORM set_config('enable_seqscan', 'off', true);
        source := '%(table)s WHERE %(narrowed)s';
    END IF;
    EXECUTE 'SELECT ARRAY(SELECT id FROM ' || source || condition || ' LIMIT $2)' INTO more USING $1, $3;
    IF ranked AND cardinality(more) >= $3 THEN
        IF NOT large THEN%(named)s
        END IF;
        found := found || more;
        FOR better IN SELECT jsonb_array_elements(asked->'better') LOOP
            condition := hanse_search('%(content)s', better);
            EXECUTE 'SELECT ARRAY(SELECT id FROM ' || source || condition || ' LIMIT $2)' INTO more USING $1, $3;
            found := found || more; EXIT WHEN cardinality(more) >= $3;
        END LOOP;
    ELSE
        found := found || more;
    END IF;
    RETURN QUERY SELECT DISTINCT unnest(found);
END """


def function_body(table: Table, addons: Collection[str] | None = None, without: Collection[str] = ()) -> str:
    """Write the body of the searching function of a table, as pg_proc stores it.

    A small table is read, by a statement that is planned once for all words.  In others the planner sees the words.
    How rare they are it guesses badly, so where the index can find them it must take it: what a wrong guess
    costs is a reading of the whole table.  Only where some of the first rows of a large table match, the index is not
    asked: it would name all matches before it gives the first, while reading meets as many as are wanted at once.  The
    best are taken of those first rows then, in the same reading.  NULL says that they are very many, where nobody asks
    for the best of them.
    """
    scoped = is_scoped(table)
    company = "company_id = ANY ($1) AND " if scoped else ""
    model = cast("type[Model] | None", table.info.get("model"))
    return _BODY % {
        "table": table.name,
        "content": content(table, addons=addons, without=without).replace("'", "''"),
        "own": content(table, table.name, addons, without),
        "company": company,
        # Added to, the company's id is in no index that would tempt the planner away from that of trigrams.
        "narrowed": "(company_id + 0) = ANY ($1) AND " if scoped else "",
        "first": f"(SELECT * FROM {table.name} WHERE {company}true LIMIT {PROBED}) AS {table.name}",  # noqa: S608
        "named": "" if model is None else _named(table, _name_column(model), scoped=scoped),
        "small": SMALL,
        "large": LARGE,
        "common": COMMON,
    }


def _named(table: Table, name: str, *, scoped: bool) -> str:
    """Write the step that finds what is called like the words, or begins so, by the index for sorting by name."""
    key = f"hanse_sort({name})"
    begins = f"{key} >= hanse_sort($2) AND {key} < hanse_sort($2) || ''\\xff''::bytea ORDER BY {key}, id LIMIT $3"
    query = f"SELECT id FROM {table.name} WHERE {begins}"  # noqa: S608  our own names
    if scoped:  # each company for itself, since the index is in the order of names only within one
        own = f"SELECT id FROM {table.name} WHERE company_id = company AND {begins}"  # noqa: S608
        query = f"SELECT own.id FROM unnest($1) AS company, LATERAL ({own}) AS own"  # noqa: S608
    return f"""
            EXECUTE 'SELECT ARRAY({query})' INTO found USING $1, asked->>'name', $3;"""


def _name_column(model: type[Model]) -> str:
    """Give the column of the last field that names a record, by which lists are sorted."""
    return quoted(model.__fields__[display_fields(model)[-1]].column)


def search_statements(table: Table, addons: Collection[str] | None, without: Collection[str] = ()) -> Iterator[str]:
    """Write the searching function, the key in pinyin, and the indexes for searching and for sorting by name.

    :param addons: whose fields are searched; None: those of all
    :param without: columns that are not there yet, or no longer
    """
    if not searched_fields(table, addons, without):
        return
    written, place = (write(table, addons=addons, without=without) for write in (expression, content))
    yield (
        f"CREATE OR REPLACE FUNCTION find_{table.name}(bigint[], text, int) RETURNS SETOF bigint LANGUAGE plpgsql "
        "STABLE SECURITY DEFINER SET search_path = public SET enable_seqscan = on "
        f"AS $body${function_body(table, addons, without)}$body$"
    )
    yield f"REVOKE ALL ON FUNCTION find_{table.name}(bigint[], text, int) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION find_{table.name}(bigint[], text, int) TO {{app}}"
    made = {KEY: f"hanse_pinyin({written})"} | ({TEXT: written} if place == TEXT else {})
    parts = [f"ADD COLUMN IF NOT EXISTS {name} text GENERATED ALWAYS AS ({one}) STORED" for name, one in made.items()]
    yield f"ALTER TABLE {table.name} {', '.join(parts)}"
    yield (
        "DO $body$ BEGIN IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN "
        f"CREATE INDEX IF NOT EXISTS trgm_{table.name} ON {table.name} USING gin (({place}) gin_trgm_ops); "
        f"CREATE INDEX IF NOT EXISTS pinyin_{table.name} ON {table.name} USING gin ({KEY} gin_trgm_ops); "
        "END IF; END $body$"
    )
    model = cast("type[Model] | None", table.info.get("model"))
    if model is not None:
        lead = "company_id, " if is_scoped(table) else ""
        column = _name_column(model)
        yield f"CREATE INDEX IF NOT EXISTS sort_{table.name} ON {table.name} ({lead}hanse_sort({column}), id)"


def drop_statements(table: Table) -> Iterator[str]:
    """Write what takes the search index away, before it is made anew over other fields."""
    yield f"DROP FUNCTION IF EXISTS find_{table.name}(bigint[], text, int)"
    yield f"DROP INDEX IF EXISTS trgm_{table.name}"
    yield drop_columns(table.name)
    yield f"DROP INDEX IF EXISTS sort_{table.name}"


def drop_columns(table: str) -> str:
    """Write what takes away the generated columns of a table, and the indexes over them."""
    return f"ALTER TABLE {table} DROP COLUMN IF EXISTS {KEY}, DROP COLUMN IF EXISTS {TEXT}"


# --- asking -----------------------------------------------------------------------------------------------------------


def matches(session: Session, model: type[Model], words: str, companies: Sequence[int]) -> ColumnElement[bool]:
    """Give the condition that every word stands somewhere in the searched fields of a record, or is how they are read.

    Asks the database once how much that is.  A few records are named; of many the condition itself is given, which a
    reader in any order of the list meets soon.
    """
    found = few_ids(session, model, words, companies)
    return content_matches(model, words) if found is None else model.id.in_(found)


def few_ids(session: Session, model: type[Model], words: str, companies: Sequence[int]) -> list[int] | None:
    """Give the ids of the records that match; None: they are more than a few, or no word was given.

    A few are :data:`FEW` where the index finds them, :data:`SCARCE` where the table is read.
    """
    asked = _asked(words)
    if not asked:
        return None
    question = _question(asked)
    most = FEW if question["indexed"] else SCARCE
    found = _ask(session, [(model, tuple(companies))], question, most + 1)[model]
    named = [one for one in found if one is not None]
    return named if len(named) == len(found) <= most else None


def content_matches(model: type[Model], words: str, without: Collection[str] = ()) -> ColumnElement[bool]:
    """Give the same condition in itself, for rows that are found by something else.

    :param without: columns that are not looked into
    """
    # Under coalesce the planner takes half of the rows to match, so that it reads in the order of the list and stops
    # early, instead of finding and sorting them all.
    table = model.__table__
    if not searched_fields(table, without=without):
        return false()
    write = expression if without else content
    found = cast("Any", literal_column(write(table, table.name, without=without)))
    key = cast("Any", func.hanse_pinyin(found)) if without else key_column(model)
    parts = [
        or_(*(found.like(one) for one in word["text"]), *(key.like(one) for one in word["sounds"]))
        for word in _asked(words)
    ]
    return func.coalesce(and_(true(), *parts), false())


@cache
def has_key(model: type[Model]) -> bool:
    """Tell whether records of a model are searched by text."""
    return bool(searched_fields(model.__table__))


def best_ids(
    session: Session, searched: Sequence[tuple[type[Model], tuple[int, ...]]], words: str, most: int
) -> dict[type[Model], list[int]]:
    """Give ids of many models in one statement: all that match, or of many those that match best.

    First what is called so or begins so, then what has it as a whole word, then what has a word that begins so.

    :param searched: models, each with the companies whose records are looked through
    :param most: so many of each degree
    """
    asked = _asked(words)
    if not asked or not searched:
        return {}
    better = [_better(asked, "{}% "), _better(asked, "{}")]
    found = _ask(session, searched, _question(asked) | {"better": better, "name": words.lower()}, most)
    return {model: [one for one in ids if one is not None] for model, ids in found.items()}


def _ask(
    session: Session, searched: Sequence[tuple[type[Model], tuple[int, ...]]], question: dict[str, Any], most: int
) -> dict[type[Model], list[int | None]]:
    """Ask the searching functions of models, all in one statement; None stands for very many."""
    found: dict[type[Model], list[int | None]] = {model: [] for model, _companies in searched}
    reaches = {reach: f"reach{place}" for place, reach in enumerate(dict.fromkeys(reach for _model, reach in searched))}
    statement = _asking(tuple((model.__table__.name, reaches[reach]) for model, reach in searched))
    values = {name: list(reach) for reach, name in reaches.items()}
    written = json.dumps(question, ensure_ascii=False)
    by_table = {model.__table__.name: model for model in found}
    for table, record in session.connection().execute(statement, values | {"asked": written, "most": most}):
        found[by_table[table]].append(record)
    return found


@lru_cache(maxsize=1024)
def _asking(tables: tuple[tuple[str, str], ...]) -> TextClause:
    """Write the question to several searching functions, each with the name of the parameter for its companies."""
    pieces = [
        f"SELECT '{table}', found FROM find_{table}(CAST(:{reach} AS bigint[]), :asked, :most) AS found"  # noqa: S608
        for table, reach in tables
    ]
    return text(" UNION ALL ".join(pieces))


def key_column(model: type[Model]) -> Any:
    """Give the column in which the key in pinyin stands."""
    return cast("Any", literal_column(f"{model.__table__.name}.{KEY}"))


def _question(asked: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write what the function is asked; whether the index has trigrams to find one of the words by."""
    return {"words": asked, "indexed": any(all(map(_has_trigram, (*one["text"], *one["sounds"]))) for one in asked)}


def _has_trigram(pattern: str) -> bool:
    """Tell whether a pattern has three letters in a row, or letters at one end of a word."""
    plain = re.sub(r"\\\\.", " ", pattern)
    return re.search(r"\w{3}|(?:^|[^\w%])\w\w|\w\w(?:$|[^\w%])", plain) is not None


def _asked(words: str) -> list[dict[str, Any]]:
    """Write words as the function reads them: patterns of the text, patterns of the key, and hanzi to be heard."""
    return [_word(word) for word in words.lower().split()]


def _word(word: str) -> dict[str, Any]:
    escaped = escape(word)
    hanzi = "".join(one for one in word if is_hanzi(one))
    short = len(word) < 3
    begins = short and word.isascii() and word.isalpha()
    return {
        "text": [f"{escaped}%", f"% {escaped}%"] if begins else [f"%{escaped}%"],
        "sounds": sounds(word),
        "hanzi": hanzi if short else "",
        "word": escaped,
    }


def _better(asked: Sequence[dict[str, Any]], ending: str) -> list[dict[str, Any]]:
    """Narrow the first word to the beginning of words, or to whole ones."""
    first = dict(asked[0])
    word = first["word"]
    whole = ending != "{}"
    first["text"] = [word, f"{word} %", f"% {word}", f"% {word} %"] if whole else [f"{word}%", f"% {word}%"]
    heard = [one.lstrip("% ").rstrip("%") for one in first["sounds"]]
    first["sounds"] = [f"% {one} %" if whole else f"% {one}%" for one in heard]
    return [first, *asked[1:]]


def escape(word: str) -> str:
    """Write a word so that LIKE takes every character as it is."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def sort_key(column: Any) -> Any:
    """Give the expression by which text is sorted: hanzi in the order of their pinyin, as far as GB 18030 has it."""
    return func.hanse_sort(column)
