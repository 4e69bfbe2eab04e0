"""Signing in beyond the password: links by mail, invitations, devices, a second factor, single sign-on."""
