"""What people who run Hanse do with it: back up, restore, upgrade, look whether all is well."""
