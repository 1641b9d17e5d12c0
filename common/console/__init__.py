"""The frame of the commands: exit codes, errors, `--json`, text that a terminal cannot misunderstand."""
