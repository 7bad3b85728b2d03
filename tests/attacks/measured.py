"""Verifies in a process of its own, which measures what that cost."""

from __future__ import annotations

import json
import os
import pickle
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator import GUN, NOW

PATIENCE = float(os.environ.get("CONTENTTRUST_PATIENCE", "1"))
"""How many times slower the engine may be: one that counts its lines is slower than a release."""


@dataclass(frozen=True)
class Cost:
    """What a verdict was and what it cost."""

    code: str
    seconds: float
    """Processor time of the verification alone, divided by the patience that is asked for."""
    megabytes: float
    """How much the process grew beyond what it held before, its input included."""


def measured(files: Mapping[str, bytes], folder: Path) -> Cost:
    """The cost of one verification of `files`, with what must be written down in `folder`."""
    parcel = folder / "parcel.pickle"
    parcel.write_bytes(pickle.dumps((GUN, dict(files), str(folder / "trust"), NOW)))
    run = subprocess.run(
        [sys.executable, "-m", "attacks.measured", str(parcel)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
    )
    return Cost(**json.loads(run.stdout))


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _forget_peak() -> None:
    """Let the high-water mark of memory start anew, which reading the input has raised."""
    Path("/proc/self/clear_refs").write_text("5")


def _megabytes(what: str) -> float:
    """VmRSS, what the process holds, or VmHWM, the most that it held (proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def _main(parcel: str) -> None:
    import contenttrust as ct

    gun, files, trust_dir, now = pickle.loads(Path(parcel).read_bytes())
    ct.Anchor.first_use()  # loads the engine before the clock starts
    _forget_peak()
    held, seconds = _megabytes("VmRSS"), _processor_seconds()
    try:
        ct.load(gun, source=files, trust_dir=trust_dir, now=now)
        code = "ok"
    except ct.VerificationError as error:
        code = error.code
    seconds = (_processor_seconds() - seconds) / PATIENCE
    cost = Cost(code, seconds, _megabytes("VmHWM") - held)
    print(json.dumps(asdict(cost)))


if __name__ == "__main__":
    _main(sys.argv[1])
