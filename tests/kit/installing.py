"""Run install.sh of a kit without a network, where the system can cut one off."""

import shutil
import subprocess
import sys

CUT_OFF = ["unshare", "--net", "--map-root-user"]
if shutil.which("unshare") is None or subprocess.run([*CUT_OFF, "true"], capture_output=True).returncode:
    CUT_OFF = []  # the rest of the test still counts


def install(kit, *arguments, python=sys.executable, **env):
    """Run install.sh as a person would, but with the Python of the tests, a home of its own and no network."""
    home = kit.parent / "home"
    home.mkdir(exist_ok=True)
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "PYTHON": str(python),
        "PIP_INDEX_URL": "http://localhost:9",
        **env,
    }
    command = [*CUT_OFF, "sh", str(kit / "install.sh"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=kit.parent, env=env)
