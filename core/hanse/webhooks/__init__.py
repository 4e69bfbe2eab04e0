"""Webhooks: tell other programs what happened, signed, as far as their owner may see it."""
