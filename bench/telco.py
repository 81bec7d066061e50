"""IBM's public Telco file: 7,043 customers of a telephone company, and who of them has left.

`TELCO_CHURN_CSV` names it. Without it, it is taken out of Debian's package of R's `modeldata` (MIT), which
has it as `wa_churn`: nothing of R is needed, and nothing of the package is run or installed.
"""

import os
import shutil
import subprocess
from pathlib import Path

from bench.peers import ask, environment_of

PATH, PACKAGE, READER = "TELCO_CHURN_CSV", "r-cran-modeldata", ("rdata==1.1.0",)
_DATA = "usr/lib/R/site-library/modeldata/data/Rdata"


def find_telco(folder: Path) -> Path | None:
    """Return the file as CSV; None where there is neither a path nor Debian's archive."""
    if os.environ.get(PATH):
        return Path(os.environ[PATH])
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    # By root it would be fetched as a user who may not write here, which only says so.
    fetch = ["apt-get", "--quiet=2", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
    if subprocess.run(fetch, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
        return None
    (package,) = folder.glob(f"{PACKAGE}_*.deb")
    subprocess.run(["dpkg-deb", "--extract", str(package), str(folder)], check=True)
    told = folder / "telco.csv"
    ask(environment_of(*READER), "modeldata.py", folder / _DATA, "wa_churn", told)
    return told
