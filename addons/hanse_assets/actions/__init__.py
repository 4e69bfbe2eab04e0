"""What can be done with assets."""

from hanse_assets import reconciling as reconciling  # its check is registered by being imported
from hanse_assets.actions.acquiring import acquire
from hanse_assets.actions.charging import adopt, depreciate
from hanse_assets.actions.disposing import dispose, undo_disposal, write_down
from hanse_assets.actions.keeping import create, update

__all__ = ["acquire", "adopt", "create", "depreciate", "dispose", "undo_disposal", "update", "write_down"]
