"""Migrations: Alembic with one branch per addon, each depending on a revision of what the addon needs.

Security is part of a migration as literal SQL (``op.for_roles``); only the name of the app role is put in when it runs.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code, renderers
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops, toimpl
from alembic.operations.ops import MigrateOperation
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError

from hanse.addons import installed
from hanse.database.policies import statements
from hanse.database.search import (
    KEY,
    SORT_FUNCTION,
    TEXT,
    content,
    drop_columns,
    drop_statements,
    function_body,
    search_statements,
    searched_fields,
)
from hanse.database.statistics import FUNCTION as COUNT_FUNCTION
from hanse.database.unseen import unseen_checks, unseen_triggers
from hanse.errors import SetupError
from hanse.i18n import KERNEL
from hanse.models import metadata
from hanse.models.columns import ChoiceType, FileType, Key

HERE = Path(__file__).parent
LOCK = 0x48414E5345  # the advisory lock under which only one process migrates
LOCK_TIMEOUT = "4s"
#: What migrations make besides what models declare.
_OURS = ("hanse_revision", "alembic_version", KEY, TEXT)
_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+\([^)]*\))")


class MigrationError(SetupError):
    """The database and the code do not fit together."""


@Operations.register_operation("for_roles")
class ForRoles(MigrateOperation):
    """Run SQL in which ``{app}`` stands for the app role."""

    def __init__(self, sql: str, undo: Sequence[str] | None = None) -> None:
        self.sql = sql
        #: what takes it back; None: it goes with its table, or is a function to drop
        self.undo = undo

    @classmethod
    def for_roles(cls, operations: Operations, sql: str) -> Any:
        """Run SQL in which ``{app}`` stands for the app role."""
        return operations.invoke(cls(sql))

    def reverse(self) -> MigrateOperation:
        """Itself: _reverse() takes it out again, as what hangs on a table goes with it."""
        return self


@Operations.implementation_for(ForRoles)
def _run_for_roles(operations: Operations, operation: ForRoles) -> None:
    config = operations.get_context().config
    role = cast("str", config.attributes["app_role"]) if config else "hanse_app"
    operations.execute(text(operation.sql.format(app=f'"{role}"').replace(":", r"\:")))


@renderers.dispatch_for(ForRoles)
def _render_for_roles(context: Any, operation: ForRoles) -> str:
    return f"op.for_roles({operation.sql!r})"


@Operations.implementation_for(ops.DropColumnOp, replace=True)
def _drop_column(operations: Operations, operation: ops.DropColumnOp) -> None:
    """Drop a column, before it those of the search, which may be made from it and come again at the end."""
    operations.execute(text(drop_columns(operation.table_name)))
    toimpl.drop_column(operations, operation)


@Operations.implementation_for(ops.AlterColumnOp, replace=True)
def _alter_column(operations: Operations, operation: ops.AlterColumnOp) -> None:
    """Alter a column, before its type those of the search, which may be made from it and come again at the end."""
    if operation.modify_type is not None:
        operations.execute(text(drop_columns(operation.table_name)))
    toimpl.alter_column(operations, operation)


def directory_of(addon: str) -> Path:
    """Give the folder with an addon's migrations."""
    package = "hanse" if addon == KERNEL else addon
    return Path(str(importlib.import_module(package).__file__)).parent / "migrations"


def _config(addons: Iterable[str]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "alembic"))
    config.set_main_option("path_separator", "newline")
    folders = [directory_of(KERNEL), *(directory_of(name) for name in addons)]
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders if folder.is_dir()))
    return config


def known_revisions() -> dict[str, set[str]]:
    """Give the revisions that the kernel and each installed addon know."""
    scripts = ScriptDirectory.from_config(_config(installed().addons))
    known: dict[str, set[str]] = {addon: set() for addon in (KERNEL, *installed().addons)}
    for revision in scripts.walk_revisions():
        known[_addon_of(scripts, revision.revision)].add(revision.revision)
    return known


def newest_revisions() -> dict[str, str]:
    """Give the revision of the kernel and of each installed addon to which ``upgrade`` brings a database."""
    scripts = ScriptDirectory.from_config(_config(installed().addons))
    return {_addon_of(scripts, head): head for head in scripts.get_heads()}


def behind(connection: Connection, newest: Mapping[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Give addon, revision and newest revision of every installed addon whose migrations are not as this code has them.

    :param newest: what ``newest_revisions`` gave, for who asks often
    """
    readable = connection.scalar(text("SELECT has_table_privilege(to_regclass('hanse_revision'), 'SELECT')"))
    rows = connection.execute(text("SELECT addon, revision FROM hanse_revision")) if readable else ()
    noted: dict[str, str] = {addon: revision for addon, revision in rows}
    return [
        (addon, noted.get(addon, ""), head)
        for addon, head in (newest_revisions() if newest is None else newest).items()
        if noted.get(addon) != head
    ]


def upgrade(owner_url: str, app_url: str, *, first: Callable[[], None] | None = None) -> list[str]:
    """Bring the database to the installed addons' newest revisions; give the names of those that were applied.

    :param first: done before anything is applied to a database that holds companies; an error of it ends the upgrade
    :raises MigrationError: the database is newer than the code, or could not be locked in time
    """
    role = make_url(app_url).username
    if not role or role == make_url(owner_url).username:
        raise MigrationError("the app must not connect as the owner: give HANSE_DATABASE_URL a role of its own")
    engine = create_engine(owner_url)
    try:
        return _upgrade(engine, role, first)
    finally:
        engine.dispose()


def _upgrade(engine: Engine, role: str, first: Callable[[], None] | None) -> list[str]:
    config = _config(installed().addons)
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
        try:
            before = _applied(connection, scripts)
            _let_read(connection, role)
            wanted = {_addon_of(scripts, head): head for head in scripts.get_heads()}
            if before == wanted:
                return []
            if first is not None and _holds_companies(connection):
                first()
            _write_heads(connection, _real_heads(scripts, before.values()))
            _apply(connection, config, role)
            _remember(connection, wanted)
            connection.commit()
            return sorted(set(wanted.values()) - set(before.values()))
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


def _let_read(connection: Connection, role: str) -> None:
    """Let the program see which revisions its database is at."""
    may = text("SELECT has_table_privilege(CAST(:role AS name), 'hanse_revision', 'SELECT')")
    if not connection.scalar(may, {"role": role}):
        connection.execute(text(f'GRANT SELECT ON hanse_revision TO "{role}"'))
    connection.commit()


def _holds_companies(connection: Connection) -> bool:
    there = connection.scalar(text("SELECT to_regclass('core_company') IS NOT NULL"))
    held = bool(there and connection.scalar(text("SELECT EXISTS (SELECT FROM core_company)")))
    connection.commit()  # whoever makes the backup must not wait for us
    return held


def _apply(connection: Connection, config: Config, role: str) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f'GRANT USAGE ON SCHEMA public TO "{role}"'))
    config.attributes.update(connection=connection, app_role=role)
    try:
        command.upgrade(config, "heads")
        _search_everywhere(connection, role)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            raise MigrationError(
                "a table is in use by somebody for more than 4 seconds; stop other Hanse processes and try again"
            ) from error
        raise


def _search_everywhere(connection: Connection, role: str) -> None:
    """Let searches look into the fields of all installed addons, in the way of this program.

    Two addons that do not know each other may add searched fields to one table; the migration of each knows its own.
    What an older migration made lacks generated columns.
    """
    stored = text(
        "SELECT (SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure(:function)), "
        "pg_get_indexdef(to_regclass(:index)), (SELECT jsonb_object_agg(a.attname, pg_get_expr(d.adbin, d.adrelid)) "
        "FROM pg_attribute a JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        "WHERE a.attrelid = to_regclass(:table) AND a.attname = ANY (:made)), to_regclass(:table)"
    )
    for table in metadata.sorted_tables:
        columns = [field.column for field in searched_fields(table)]
        if not columns:
            continue
        names = {"function": f"find_{table.name}(bigint[],text,int)", "index": f"trgm_{table.name}"}
        asked = {**names, "table": table.name, "made": [KEY, TEXT]}
        body, index, found, there = connection.execute(stored, asked).one()
        made: dict[str, str] = found or {}
        said = made.get(KEY) or body or index or ""
        looked_at = set(re.findall(r'coalesce\(\(?"?(\w+)', said, re.IGNORECASE))
        has_more = looked_at > set(columns) and "hanse_search(" in (body or "")  # of an addon that was removed
        whole = {KEY, TEXT} if content(table) == TEXT else {KEY}
        same = whole <= made.keys() and (has_more or looked_at == set(columns))
        if there is None or (same and (has_more or body == function_body(table))):
            continue
        again = () if same else drop_statements(table)
        for sql in (*again, *search_statements(table, None)):
            connection.execute(text(sql.format(app=f'"{role}"').replace(":", r"\:")))


def _applied(connection: Connection, scripts: ScriptDirectory) -> dict[str, str]:
    """Give the revision each installed addon is at.  What addons that are no longer installed are at stays noted, too.

    :raises MigrationError: one is at a revision that this code does not know
    """
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS hanse_revision (addon varchar(80) PRIMARY KEY, revision varchar(120) NOT NULL)"
        )
    )
    connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(120) PRIMARY KEY)"))
    connection.commit()
    noted: dict[str, str] = {a: r for a, r in connection.execute(text("SELECT addon, revision FROM hanse_revision"))}
    known = {revision.revision for revision in scripts.walk_revisions()}
    here = {KERNEL, *installed().addons}
    for addon, revision in noted.items():
        if addon in here and revision not in known:
            raise MigrationError(
                f"the database is newer than this code: it is at revision {revision} of {addon}, which this version "
                "does not know. Install the version that was used last, or restore a backup."
            )
    return {addon: revision for addon, revision in noted.items() if addon in here}


def _real_heads(scripts: ScriptDirectory, revisions: Iterable[str]) -> set[str]:
    """Leave out revisions that others among them stand on, as Alembic keeps them."""
    chosen = set(revisions)
    below: set[str] = set()
    waiting = list(chosen)
    while waiting:
        script = scripts.get_revision(waiting.pop())
        under = {*_names(script.down_revision), *_names(script.dependencies)} - below
        below |= under
        waiting += under
    return chosen - below


def _names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _write_heads(connection: Connection, heads: Iterable[str]) -> None:
    """Tell Alembic where the installed addons stand."""
    connection.execute(text("DELETE FROM alembic_version"))
    for revision in heads:
        connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


def _remember(connection: Connection, revisions: Mapping[str, str]) -> None:
    for addon, revision in revisions.items():
        connection.execute(
            text(
                "INSERT INTO hanse_revision VALUES (:addon, :revision) "
                "ON CONFLICT (addon) DO UPDATE SET revision = excluded.revision"
            ),
            {"addon": addon, "revision": revision},
        )


def _addon_of(scripts: ScriptDirectory, revision: str) -> str:
    path = Path(str(scripts.get_revision(revision).path))
    return path.parent.parent.name


def current(engine: Engine) -> list[str]:
    """Give the revisions the database is at."""
    with engine.connect() as connection:
        return sorted(MigrationContext.configure(connection).get_current_heads())


# --- writing migrations -----------------------------------------------------------------------------------------------


def _belongs(addon: str) -> Callable[..., bool]:
    """Let autogenerate look only at what an addon has declared, whoever's table it stands in."""

    def include(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        if name is not None and (name.startswith(("trgm_", "sort_", "pinyin_")) or name in _OURS):
            return False
        source = compare_to if reflected else item
        if kind == "table":
            owner = source.info.get("addon") if source is not None else None
            return owner == addon or (source is not None and _extends(source, addon))
        if source is None:
            return _table_of(item, addon)
        info = cast("dict[str, Any]", getattr(source, "info", {}))
        return bool(info.get("addon", source.table.info.get("addon")) == addon)

    return include


def _table_of(item: Any, addon: str) -> bool:
    """Judge what only the database has: it is the table's owner's to drop."""
    table = metadata.tables.get(getattr(getattr(item, "table", None), "name", ""))
    return table is not None and table.info.get("addon") == addon and not _others_extend(table, addon)


def _others_extend(table: Table, addon: str) -> bool:
    return any(column.info.get("addon", addon) != addon for column in table.columns)


def _extends(table: Table, addon: str) -> bool:
    parts: list[Any] = [*table.columns, *table.constraints, *table.indexes]
    return any(part.info.get("addon") == addon for part in parts)


def differences(connection: Connection, addon: str) -> ops.UpgradeOps:
    """Say what an addon's migrations lack against its models, security of new tables included."""
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": _belongs(addon), "target_metadata": metadata}
    )
    script = produce_migrations(context, metadata)
    upgrade_ops = script.upgrade_ops
    assert upgrade_ops is not None
    _leave_to_owners(upgrade_ops, addon)
    new = [one.table_name for one in upgrade_ops.ops if isinstance(one, ops.CreateTableOp)]
    for name in new:
        table = metadata.tables[name]
        upgrade_ops.ops += [ForRoles(sql) for sql in (*statements(table), *search_statements(table, {addon}))]
    upgrade_ops.ops += unseen_checks(connection, addon, new)
    upgrade_ops.ops += [ForRoles(sql, undo) for sql, undo in unseen_triggers(connection, addon, new)]
    _search_again(upgrade_ops, addon, new)
    return upgrade_ops


def _leave_to_owners(upgrade_ops: ops.UpgradeOps, addon: str) -> None:
    """Take out of new tables what other addons have put on them: it comes with their own migrations."""
    for one in upgrade_ops.ops:
        if isinstance(one, ops.CreateTableOp):
            one.columns = [part for part in one.columns if getattr(part, "info", {}).get("addon", addon) == addon]
            one.info = {}


def _search_again(upgrade_ops: ops.UpgradeOps, addon: str, new: Sequence[str]) -> None:
    """Let the search look into columns that the addon adds to a table that is there already."""
    for one in list(upgrade_ops.ops):
        if not isinstance(one, ops.ModifyTableOps) or one.table_name in new:
            continue
        table = metadata.tables[one.table_name]
        added = {part.column.name for part in one.ops if isinstance(part, ops.AddColumnOp)}
        if any(field.column in added for field in searched_fields(table, {addon})):
            looked_at = {str(table.info["addon"]), *_all_needs(addon), addon}
            undo = (*drop_statements(table), *search_statements(table, looked_at, without=added))
            again = (*drop_statements(table), *search_statements(table, looked_at))
            upgrade_ops.ops += [ForRoles(sql, undo if sql == again[0] else ()) for sql in again]


def _all_needs(addon: str) -> set[str]:
    needs = set(installed().addons[addon].needs) if addon in installed().addons else set[str]()
    return needs.union(*(_all_needs(need) for need in needs))


def write(owner_url: str, addon: str, message: str) -> Path | None:
    """Write the migration that brings the database to an addon's models; None when there is nothing to do."""
    folder = directory_of(addon)
    folder.mkdir(exist_ok=True)
    config = _config(installed().addons)
    scripts = ScriptDirectory.from_config(config)
    engine = create_engine(owner_url)
    with engine.connect() as connection:
        wanted = differences(connection, addon)
        if addon == KERNEL and "core_company" not in inspect(connection).get_table_names():
            wanted.ops[:0] = [ForRoles(SORT_FUNCTION), ForRoles(COUNT_FUNCTION)]
    engine.dispose()
    if wanted.is_empty():
        return None
    own = [revision for revision in scripts.walk_revisions() if Path(str(revision.path)).parent == folder]
    number = f"{addon}_{len(own) + 1:04}"
    script = scripts.generate_revision(
        number,
        message,
        head=f"{addon}@head" if own else "base",
        branch_labels=None if own else [addon],
        depends_on=_needed(scripts, addon),
        version_path=str(folder),
        imports="",
        upgrades=render_python_code(wanted, render_item=_render_item),
        downgrades=render_python_code(_reverse(wanted), render_item=_render_item),
    )
    assert script is not None
    return Path(str(script.path))


def _render_item(kind: str, item: Any, context: Any) -> str | Literal[False]:
    """Write types of ours as what they are in the database, so that migrations need nothing of ours."""
    if kind != "type" or not isinstance(item, (ChoiceType, FileType, Key)):
        return False
    return "sa.BigInteger()" if isinstance(item, Key) else "sa.Text()"


def _reverse(wanted: ops.UpgradeOps) -> ops.DowngradeOps:
    """Undo in the other order; what hangs on a table goes with it, functions are dropped at the end."""
    own = [one for one in wanted.ops if isinstance(one, ForRoles)]
    functions = [found[1] for one in own if one.undo is None and (found := _FUNCTION.match(one.sql))]
    back = wanted.reverse()
    back.ops = [one for one in back.ops if not isinstance(one, ForRoles)]
    for one in back.ops:
        if isinstance(one, ops.DropTableOp):
            one.info = {}
    back.ops += [ops.ExecuteSQLOp(f"DROP FUNCTION IF EXISTS {name}") for name in reversed(functions)]
    back.ops += [ForRoles(sql) for one in own for sql in one.undo or ()]
    return back


def _needed(scripts: ScriptDirectory, addon: str) -> list[str] | None:
    """Name the newest revisions of what an addon needs."""
    if addon == KERNEL:
        return None
    needs = {KERNEL, *installed().addons[addon].needs}
    heads = [head for head in scripts.get_heads() if _addon_of(scripts, head) in needs]
    found = sorted(heads)
    missing = needs - {_addon_of(scripts, head) for head in heads}
    for need in missing:  # a head that others already depend on is no head any more
        own = [r.revision for r in scripts.walk_revisions() if _addon_of(scripts, r.revision) == need]
        if own:
            found.append(own[0])
    before = {revision: _before(scripts, revision) for revision in found}
    # Alembic cannot go through a revision twice: what another of them needs already is not named again.
    return sorted(one for one in found if not any(one in others for others in before.values())) or None


def _before(scripts: ScriptDirectory, revision: str) -> set[str]:
    """Give all revisions that one builds upon or depends on."""
    found: set[str] = set()
    left = [revision]
    while left:
        script = scripts.get_revision(left.pop())
        for above in (script.down_revision, script.dependencies):
            new = set([above] if isinstance(above, str) else above or ()) - found
            left += new
            found |= new
    return found
