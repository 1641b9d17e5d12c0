"""Draws `docs/images/demo.svg`: what `make demo` prints, run for real. Usage: python docs/make_pictures.py"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = 150


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"DATA_DIR": folder, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "LINES": "50"}
        demo = subprocess.run(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
    lines = demo.stdout.rstrip().splitlines()
    start = next(number for number, line in enumerate(lines) if "Results" in line)
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)
    console.print("[bold]$ make demo[/bold]")
    console.print(Text.from_ansi("\n".join(lines[start:])))
    target = ROOT / "docs" / "images" / "demo.svg"
    target.parent.mkdir(exist_ok=True)
    picture = console.export_svg(title="make demo")
    # Rich names a font on the web; the picture has to be complete by itself.
    target.write_text(re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL))
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
