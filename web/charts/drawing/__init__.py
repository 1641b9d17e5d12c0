"""HTML and SVG of the charts, written in one pass as text: a thousand rows through templates would take too long.

Everything that comes from outside goes through `markup.text`; the functions return safe strings.
"""
