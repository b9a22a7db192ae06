"""What pip-audit found, in words: `advisories.py REPORT SAID`. Exit 1 for a known vulnerability, 0 if there is none, or
if nobody could be asked, which is said.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def judged(report: str, said: str) -> tuple[str, int]:
    """The words and the exit code."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        lines = said.strip().splitlines()
        return f"SKIPPED: no advisory service answered; nothing was looked up ({lines[-1][:200] if lines else '?'})", 0
    known = [_told(package, each) for package in packages for each in package.get("vulns", ())]
    asked = sum("vulns" in package for package in packages)
    if known:
        return "\n".join(known), 1
    if not asked:
        return "SKIPPED: not one package could be looked up", 0
    return f"{asked} of {len(packages)} packages looked up, no known vulnerability", 0


def _told(package: Mapping[str, str], advisory: Mapping[str, Any]) -> str:
    mended = ", ".join(advisory["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {advisory['id']}, mended in {mended}"


if __name__ == "__main__":
    given = [Path(name).read_text(encoding="utf-8") if Path(name).exists() else "" for name in sys.argv[1:3]]
    words, code = judged(*given)
    sys.stdout.write(f"{words}\n")
    sys.exit(code)
