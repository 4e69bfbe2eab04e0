"""Make the variants of products."""

from __future__ import annotations

from hanse import Context, Records, _, action
from hanse_products import variants
from hanse_products.models import Product
from hanse_products.permissions import Products


@action(
    Product,
    label=_("Make variants"),
    permission=Products.MAKE_VARIANTS,
    icon="git-branch",
    offered=lambda product: product.template_id is None and (product.has_variants or bool(product.options)),
    done=_("The variants of %(count)s products are what their options say."),
)
def make_variants(ctx: Context, products: Records[Product]) -> list[int]:
    """Make a variant of each combination of options, and archive those whose option was taken away.

    Give the ids of the new ones.  Done again it changes nothing.

    :raises BusinessError: a product would have more than 1,000
    """
    return variants.make(ctx, products.ids)
