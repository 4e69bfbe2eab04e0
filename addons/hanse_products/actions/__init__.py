"""What can be done with products."""

from hanse_products.actions.looking import look_up
from hanse_products.actions.products import create, update
from hanse_products.actions.variants import make_variants

__all__ = ["create", "look_up", "make_variants", "update"]
