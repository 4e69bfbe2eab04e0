"""Who imports whom: the kernel no addon, an addon only the kernel and what it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse.addons import discover
from hanse.addons.manifest import Addon

ROOT = Path(__file__).resolve().parents[2]
CORE, ADDONS, SAMPLES = ROOT / "core" / "hanse", ROOT / "addons", ROOT / "tests" / "samples"
NAMES = sorted(path.name for place in (ADDONS, SAMPLES) for path in place.iterdir() if (path / "__init__.py").exists())


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Give every module that a file imports, wherever in it, with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def needs(name: str) -> set[str]:
    """Give an addon with all it needs, directly or not."""
    manifest: Addon = discover([name])[name]
    return {name}.union(*(needs(need) for need in manifest.needs))


def test_the_kernel_imports_no_addon():
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in CORE.rglob("*.py")
        for line, module in imports(path)
        if module.partition(".")[0] in NAMES
    ]
    assert found == []


@pytest.mark.parametrize("name", NAMES)
def test_an_addon_imports_only_the_kernel_and_what_it_needs(name):
    folder = next(place / name for place in (ADDONS, SAMPLES) if (place / name).is_dir())
    allowed = needs(name)
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in folder.rglob("*.py")
        for line, module in imports(path)
        if module.partition(".")[0] in set(NAMES) - allowed
    ]
    assert found == [], f"put what it uses into needs of {name}, or into a bridge addon"


def test_every_model_module_postpones_its_annotations():
    """They name models that are declared further down, or in other modules."""
    found = []
    for place in (CORE, ADDONS, SAMPLES):
        for path in [*place.rglob("models.py"), *place.rglob("models/*.py")]:
            source = path.read_text()
            if "(Model" in source and "from __future__ import annotations" not in source:
                found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_the_public_api_is_listed_and_there():
    import hanse

    assert sorted(hanse.__all__) == sorted(set(hanse.__all__))
    assert all(hasattr(hanse, name) for name in hanse.__all__)
