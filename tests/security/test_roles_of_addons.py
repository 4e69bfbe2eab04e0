"""Roles of addons hold what they say: a pattern that the kernel does not understand gives nobody anything."""

from __future__ import annotations

from hanse.actions import all_actions
from hanse.addons import installed
from hanse.models import declared_models
from hanse.security.permissions import VERBS, labels, model_name


def known_permissions() -> set[str]:
    """Give every permission by name: those declared, those of actions, and the usual verbs of every model."""
    verbs = {f"{model_name(model)}.{verb}" for model in declared_models for verb in VERBS}
    return set(labels) | {one.permission for one in all_actions()} | verbs


def test_every_permission_of_a_role_is_one():
    known = known_permissions()
    named = {
        name
        for roles in installed().call("roles", installed().addons)
        for _key, _name, held in roles
        for name, _scope in held
    }
    for additions in installed().call("role_additions", installed().addons):
        named |= {name for held in additions.values() for name, _scope in held}
    firsts = {one.partition(".")[0] for one in known} | {one.rpartition(".")[0] for one in known}
    lasts = {one.rpartition(".")[2] for one in known}

    def is_one(name: str) -> bool:
        if name in known or name == "*":
            return True
        if name.startswith("*."):
            return name.removeprefix("*.") in lasts
        return name.endswith(".*") and name.removesuffix(".*") in firsts

    assert sorted(name for name in named if not is_one(name)) == []
