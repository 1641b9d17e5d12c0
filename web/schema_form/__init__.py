"""JSON Schema as a form: `fields` describes which fields there are, `values` goes between values and their texts.

Pure. A page's own form decides what is asked, shown and kept, and draws it.
"""
