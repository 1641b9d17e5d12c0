"""The pages about pipelines: the list, one pipeline, its versions and what differs between them, editor, run form."""
