"""What the admin's pages of every app are built on; each app's own `admin` package registers its models.

`base` has the theme's classes and pages of rows that services alone write, `lists` and `inlines` keep tables short,
`display` writes a cell, `verbs` says what can be done with rows and `asking` asks, does and tells. Registers nothing.
"""
