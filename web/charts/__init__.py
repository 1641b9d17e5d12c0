"""Charts drawn by the server: pure geometry here, HTML and SVG by `{% load charts %}` (`web/templatetags/charts.py`).

A caller fills the frozen dataclasses of `timeline`, `graph`, `strips` and `series` from what a selector read, calls
`layout` where there is one, and hands the result to the tag of the same name. Nothing here asks a clock or a database:
`now` is passed in. Across everything is in per cent, down in pixels, so lines and text never stretch.
"""
