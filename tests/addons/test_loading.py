"""Finding, ordering and enabling addons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hanse.addons import Addon, AddonError, Installed, discover, installed, order
from hanse.addons.hooks import new_manager
from hanse.addons.loading import load


def addon(name: str, *needs: str, **more) -> Addon:
    return Addon(name=name, key=more.pop("key", name), title=name.title(), needs=needs, **more)


def ordered(*addons: Addon) -> list[str]:
    return list(order({one.name: one for one in addons}))


# --- order ------------------------------------------------------------------------------------------------------------


def test_each_addon_comes_after_what_it_needs():
    assert ordered(addon("aa", "cc"), addon("bb", "aa"), addon("cc")) == ["cc", "aa", "bb"]


def test_equals_are_ordered_by_name_however_they_are_listed():
    assert ordered(addon("bb"), addon("aa"), addon("cc", "bb")) == ["aa", "bb", "cc"]
    assert ordered(addon("cc", "bb"), addon("aa"), addon("bb")) == ["aa", "bb", "cc"]


@pytest.mark.parametrize(
    ("addons", "circle"),
    [
        ([addon("aa", "bb"), addon("bb", "cc"), addon("cc", "aa")], "aa → bb → cc → aa"),
        ([addon("aa", "bb"), addon("bb", "cc"), addon("cc", "bb")], "bb → cc → bb"),
        ([addon("aa", "aa")], "aa → aa"),
    ],
)
def test_a_circle_is_shown(addons, circle):
    with pytest.raises(AddonError, match=f"need each other in a circle: {circle}$"):
        ordered(*addons)


# --- discovery --------------------------------------------------------------------------------------------------------


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Write packages that can be imported for this test."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, source: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"from hanse import Addon\n{source}\n")

    yield write
    for name in [name for name in sys.modules if name.startswith("scrap_")]:
        del sys.modules[name]


def manifest(name: str, key: str, *needs: str) -> str:
    return f"ADDON = Addon(name={name!r}, key={key!r}, title='T', needs={list(needs)!r})"


def test_a_missing_addon_is_named_with_who_asks_for_it_and_what_to_do(packages):
    with pytest.raises(
        AddonError, match=r"config\.ini asks for the addon scrap_gone, but no installed package provides it"
    ):
        discover(["scrap_gone"])
    packages("scrap_one", manifest("scrap_one", "one", "scrap_gone"))
    with pytest.raises(AddonError, match=r"scrap_one asks for the addon scrap_gone.*Install the package, or take"):
        discover(["scrap_one"])


def test_what_an_addon_needs_is_installed_with_it(packages):
    packages("scrap_one", manifest("scrap_one", "one", "scrap_two"))
    packages("scrap_two", manifest("scrap_two", "two"))
    assert set(discover(["scrap_one"])) == {"scrap_one", "scrap_two"}


def test_two_addons_with_the_same_key_are_both_named(packages):
    packages("scrap_one", manifest("scrap_one", "same"))
    packages("scrap_two", manifest("scrap_two", "same"))
    with pytest.raises(AddonError, match="scrap_one and scrap_two both use the key 'same'|scrap_two and scrap_one"):
        discover(["scrap_one", "scrap_two"])


def test_the_kernels_key_is_taken(packages):
    packages("scrap_one", manifest("scrap_one", "core"))
    with pytest.raises(AddonError, match="the kernel and scrap_one both use the key 'core'"):
        discover(["scrap_one"])


def test_a_package_without_a_manifest_is_no_addon(packages):
    packages("scrap_one", "NOTHING = 1")
    with pytest.raises(AddonError, match=r"scrap_one has no ADDON = Addon\(…\)"):
        discover(["scrap_one"])


def test_a_fault_inside_an_addon_is_not_taken_for_a_missing_one(packages):
    packages("scrap_one", "import not_there_at_all")
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        discover(["scrap_one"])


@pytest.mark.parametrize(
    ("name", "key"), [("Acme", "acme"), ("acme-loans", "acme"), ("acme", "a"), ("acme", "Loans"), ("acme", "x" * 25)]
)
def test_names_and_keys_are_checked(name, key):
    with pytest.raises(AddonError, match="small letters"):
        Addon(name=name, key=key, title="T")


# --- where each is on -------------------------------------------------------------------------------------------------


def house(*addons: Addon) -> Installed:
    return Installed(order({one.name: one for one in addons}))


def test_the_kernel_is_always_on_and_others_where_a_row_says_so():
    loaded = house(addon("aa"), addon("bb"))
    assert loaded.enabled({}) == {"hanse"}
    assert loaded.enabled({"aa": True, "bb": False}) == {"hanse", "aa"}


def test_an_addon_is_off_where_what_it_needs_is_off():
    loaded = house(addon("aa"), addon("bb", "aa"), addon("cc", "bb"))
    assert loaded.enabled({"bb": True, "cc": True}) == {"hanse"}
    assert loaded.enabled({"aa": True, "cc": True}) == {"hanse", "aa"}
    assert loaded.enabled({"aa": True, "bb": True, "cc": True}) == {"hanse", "aa", "bb", "cc"}


def test_an_addon_may_need_code_that_need_not_be_on():
    loaded = house(addon("aa"), addon("bb", "aa", needs_enabled=()))
    assert loaded.enabled({"bb": True}) == {"hanse", "bb"}


def test_a_bridge_is_on_wherever_both_its_sides_are():
    loaded = house(addon("aa"), addon("bb"), addon("ab", "aa", "bb", bridge=True))
    assert loaded.enabled({"aa": True}) == {"hanse", "aa"}
    assert loaded.enabled({"aa": True, "bb": True}) == {"hanse", "aa", "bb", "ab"}
    assert loaded.enabled({"aa": True, "bb": True, "ab": False}) == {"hanse", "aa", "bb"}


def test_rows_of_addons_that_are_not_installed_any_more_do_nothing():
    assert house(addon("aa")).enabled({"gone": True}) == {"hanse"}


# --- hooks ------------------------------------------------------------------------------------------------------------


def test_a_hook_is_called_where_its_addon_is_on_the_least_dependent_first():
    import types

    from hanse import hook

    loaded = house(addon("aa"), addon("bb", "aa"))
    asked: list[str] = []
    for name in loaded.addons:
        module = types.ModuleType(name)

        def menu(ctx, name=name):
            asked.append(name)
            return [name] if name == "bb" else None

        module.menu = hook(menu)  # type: ignore[attr-defined]
        loaded.modules[name] = module
    loaded.register_hooks()
    assert loaded.call("menu", {"aa", "bb"}, ctx=None) == [["bb"]]
    assert asked == ["aa", "bb"]
    asked.clear()
    loaded.call("menu", {"hanse", "aa"}, ctx=None)
    assert asked == ["aa"]
    assert loaded.call_one("menu", "bb", ctx=None) == [["bb"]]


def test_hooks_may_stand_in_a_module_of_their_own(packages, tmp_path):
    packages("scrap_one", manifest("scrap_one", "one") + "\nfrom scrap_one.hooks import menu")
    source = "from hanse import hook\n@hook\ndef menu(ctx): return ['m']\n@hook\ndef demo(ctx): return 'd'\n"
    (tmp_path / "scrap_one" / "hooks.py").write_text(source)
    loaded = Installed(discover(["scrap_one"]))
    loaded.modules["scrap_one"] = sys.modules["scrap_one"]
    loaded.register_hooks()
    assert loaded.call("menu", {"scrap_one"}, ctx=None) == [["m"]], "once, though both modules name it"
    assert loaded.call("demo", {"scrap_one"}, ctx=None) == ["d"]


def test_a_hook_that_the_kernel_does_not_know_is_refused():
    import types

    from hanse import hook

    manager = new_manager()
    module = types.ModuleType("scrap")

    def validte(ctx):
        """A typo."""

    module.validte = hook(validte)  # type: ignore[attr-defined]
    manager.register(module)
    with pytest.raises(Exception, match="unknown hook 'validte'"):
        manager.check_pending()


def test_loading_twice_gives_the_same():
    assert load(["something_else"]) is installed()


def test_keys_name_addons():
    loaded = installed()
    assert loaded.key_of("hanse") == "core"
    assert loaded.key_of("sample_library") == "library"
    found = loaded.by_key("reviews")
    assert found is not None
    assert found.name == "sample_reviews"
    assert loaded.by_key("nothing") is None


# --- each with only its needs -----------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
ALONE = """
import sys
from hanse.app import boot
from hanse.config import Settings
from hanse.addons import installed
boot(Settings.load())
print(*installed().addons)
"""


@pytest.mark.parametrize(
    "name",
    [
        "",
        "hanse_contacts",
        "hanse_products",
        "hanse_finance",
        "hanse_cn",
        "hanse_invoicing",
        "hanse_invoicing_cn",
        "hanse_assets",
        "hanse_banking",
        "sample_library",
        "sample_fines",
    ],
)
def test_each_addon_loads_with_only_what_it_needs(name, monkeypatch):
    """A process serves one set of addons, so each is loaded in one of its own."""
    path = [str(ROOT / folder) for folder in ("core", "addons", "tests/samples")]
    environment = {"HANSE_ADDONS": name, "PYTHONPATH": ":".join(path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-W", "error", "-W", "ignore:pkg_resources", "-c", ALONE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [*discover_needs(name)]


def discover_needs(name: str) -> list[str]:
    return list(order(discover([name]))) if name else []
