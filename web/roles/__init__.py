"""Roles: who may do what, as Django groups of these names that hold the permissions of `table`.

`table` is the one place that says what a role may do. `installing` writes it into the database after every migration,
`granting` gives roles to logins and takes them away, `asking` reads who has what. What a page or an address needs is
said where it is: by `web.access.page`, and by `permissions_needed` of a REST view. docs/permissions.md shows both.
"""
