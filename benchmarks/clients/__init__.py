"""One module per engine: `create()` makes the client that submits runs, waits for them and looks them up."""
