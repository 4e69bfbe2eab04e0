"""search: names among 1,000,000 partners and 1,000,000 values of a dimension, as the app role under row security.

Partners are shared by companies, dimensions belong to one; each term is looked for on the ways that people have: all
models at once (palette), autocompletion, and a page of the list.  Beside it the plain query of the owner, without
row security and rights: ``name LIKE '%…%' LIMIT 12`` over an index of trigrams.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from benchmarks.bench import Bench, bench, company_id, spread
from hanse.actions import Context
from hanse.database.pinyin import sounds
from hanse.database.search import KEY, content, search_statements
from hanse.screens import Screen, filtering, listing, screen_of
from hanse.screens.finding import complete_names, find_everywhere

#: Names as a register of companies has them: a place, what they are called, a trade, a form; a tenth is Latin.
NAMES = """
    CREATE TEMP TABLE named AS
    SELECT n, CASE WHEN n % 10 = 0 THEN
        (ARRAY['Northern','Baltic','Union','Golden','Harbour','Pacific','Summit','Silver'])[1 + n / 10 % 8] || ' '
            || (ARRAY['Trading','Machines','Foods','Textiles','Logistics','Optics'])[1 + n / 80 % 6] || ' '
            || n || ' ' || (ARRAY['Ltd','GmbH','Inc'])[1 + n / 7 % 3]
    ELSE
        (ARRAY['北京','上海','广州','深圳','重庆','杭州','宁波','长沙','苏州','天津'])[1 + n % 9 + n / 90 % 2]
            || (SELECT string_agg(substr(:letters, 1 + abs(hashint8(n * 7 + k)) % length(:letters), 1), '')
                FROM generate_series(1, 2) k)
            || (ARRAY['科技','贸易','饭店','机械','食品','纺织','银行','建筑'])[1 + n / 11 % 8]
            || (ARRAY['有限公司','股份有限公司','厂','中心'])[1 + n / 13 % 4]
    END AS name FROM generate_series(1, :count) n
"""
LETTERS = "华盛金鑫宏远泰达兴隆昌茂源丰瑞祥嘉禾康宁信诚德润天地人和海川江河山林云星辰光明新春东西南北中正大同"
#: The one that is looked for as a rare one.
RARE = (
    "UPDATE named SET name = '青岛聚贤楼饭店' WHERE n = 777771; "
    "UPDATE named SET name = 'Quixote Windmills Ltd' WHERE n = 777770"
)
PARTNERS = """
    INSERT INTO contacts_partner (code, kind, name, name_key, email)
    SELECT 'P' || n, 'company', name, lower(name), 'c' || n || '@example.com' FROM named
"""
DIMENSION = """
    INSERT INTO finance_dimension (company_id, code, name, source)
    VALUES (:company, 'names', 'Names', 'list') RETURNING id
"""
DIMENSIONS = """
    INSERT INTO finance_dimension_value (company_id, dimension_id, code, name)
    SELECT :company, :dimension, 'D' || n, name FROM named
"""
TERMS = {
    "hanzi, common": "北京",
    "hanzi, rare": "聚贤楼",
    "hanzi, two, rare": "贤楼",
    "latin, common": "trading",
    "latin, rare": "quixote",
    "number": "P777771",
    "initials, common": "bj",
    "initials, rare": "qdjxl",
    "pinyin, common": "beijing",
    "pinyin, rare": "juxianlou",
    "none": "zzyzx",
    "hanzi, none": "魑魅魍魉",
}
WARM, TIMED = 2, 15


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Over n (1,000,000) names in each of two tables."""
    count = n or 1_000_000
    with bench() as house:
        begun = time.perf_counter()
        screens = _fill(house, count)
        yield {"n": count, "loaded_s": round(time.perf_counter() - begun, 1)}
        for name, term in TERMS.items():
            bare = _bare(house, screens[0], term)
            for way, ask in _ways(screens).items():
                seconds, found = _timed(house, lambda ctx: ask(ctx, term))  # noqa: B023
                measured = spread(seconds)
                ratio = round(measured["p50_ms"] / bare["p50_ms"], 1)
                yield {"term": name, "way": way, "found": found, **measured, "bare_ms": bare["p50_ms"], "ratio": ratio}


def _ways(screens: list[Screen]) -> dict[str, Callable[[Context, str], int]]:
    ways: dict[str, Callable[[Context, str], int]] = {
        "everything": lambda ctx, term: sum(len(one.records) for one in find_everywhere(ctx, term, 4)),
    }
    for screen in screens:
        ways[f"combobox {screen.name}"] = partial(_combobox, screen)
        ways[f"list {screen.name}"] = partial(_page, screen)
    return ways


def _combobox(screen: Screen, ctx: Context, term: str) -> int:
    return len(complete_names(ctx, screen, term, 12))


def _page(screen: Screen, ctx: Context, term: str) -> int:
    asked = filtering.read(ctx, screen, [("q", term), ("sort", "name")])
    return len(listing.read_page(ctx, screen, asked).rows)


def _fill(house: Bench, count: int) -> list[Screen]:
    from hanse_contacts.models import Partner
    from hanse_finance.models.accounts import DimensionValue

    with house.database.session() as session, session.begin():
        company = company_id(session)
    engine = create_engine(house.owner_url)
    with engine.begin() as connection:
        connection.execute(text(NAMES), {"count": count, "letters": LETTERS})
        for statement in RARE.split("; "):
            connection.execute(text(statement))
        for table in (Partner.__table__, DimensionValue.__table__):  # an index is made faster than kept
            connection.execute(text(f"DROP INDEX trgm_{table.name}, pinyin_{table.name}, sort_{table.name}"))
        connection.execute(text(PARTNERS))
        dimension = connection.scalar(text(DIMENSION), {"company": company})
        connection.execute(text(DIMENSIONS), {"company": company, "dimension": dimension})
        for table in (Partner.__table__, DimensionValue.__table__):
            for statement in search_statements(table, None):
                connection.exec_driver_sql(statement.format(app="hanse_app").replace("%", "%%"))
    engine.dispose()
    house.analyze()
    found = [screen_of(Partner), screen_of(DimensionValue)]
    return [one for one in found if one is not None]


def _timed(house: Bench, ask: Callable[[Context], int]) -> tuple[list[float], int]:
    """Ask as the app role, in a transaction for each, as requests do; opening the Context is not counted."""
    seconds: list[float] = []
    found = 0
    for _run in range(WARM + TIMED):
        with house.database.session() as session, session.begin():
            ctx = house.context(session)
            begun = time.perf_counter()
            found = ask(ctx)
            seconds.append(time.perf_counter() - begun)
    return seconds[WARM:], found


def _bare(house: Bench, screen: Screen, term: str) -> dict[str, Any]:
    """Time the owner's own query over the same index."""
    table = screen.model.__table__
    heard = (sounds(term) or [""])[-1]
    where = f"{content(table)} LIKE :pattern" + (f" OR {KEY} LIKE :heard" if heard else "")
    statement = text(f"SELECT id, name FROM {table.name} WHERE {where} LIMIT 12")  # noqa: S608  our own names
    values = {"pattern": f"%{term.lower()}%"} | ({"heard": heard} if heard else {})
    engine = create_engine(house.owner_url)
    seconds: list[float] = []
    with Session(engine) as session:
        for _run in range(WARM + TIMED):
            begun = time.perf_counter()
            session.execute(statement, values).all()
            seconds.append(time.perf_counter() - begun)
    engine.dispose()
    return spread(seconds[WARM:])
