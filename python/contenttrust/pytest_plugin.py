"""For pytest: the fixture `assert_trusted`, with which tests ask for images that are signed.

pytest loads this at every start, whoever's tests it runs: nothing else is loaded before it is used.
"""

from __future__ import annotations

import os

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from contenttrust.policy.rules import Policy

    class AssertTrusted(Protocol):
        """What the fixture gives."""

        def __call__(
            self,
            *subjects: str | os.PathLike[str],
            policy: str | os.PathLike[str] | Policy | None = None,
            **gate: Any,  # noqa: ANN401 -- the arguments of Gate
        ) -> None:
            """Fail the test unless all images may be used."""


@pytest.fixture(scope="session")
def assert_trusted() -> AssertTrusted:
    """Fails a test unless images, and the images of files, may be used.

    Each subject is the name of an image, or of a Dockerfile, a compose file or a Kubernetes
    manifest; a path is always that of a file. `policy` is a policy or the file of one; default: the
    one that the command line would take. Other arguments are those of
    `contenttrust.gate.check.Gate`.
    """
    return _assert_trusted


def _assert_trusted(
    *subjects: str | os.PathLike[str],
    policy: str | os.PathLike[str] | Policy | None = None,
    **gate: Any,  # noqa: ANN401
) -> None:
    __tracebackhide__ = True
    from contenttrust.gate import trigger_findings  # noqa: PLC0415 -- see above
    from contenttrust.gate.check import Gate  # noqa: PLC0415
    from contenttrust.gate.judged import Use, judge  # noqa: PLC0415
    from contenttrust.gate.named_files import examine, is_file_name  # noqa: PLC0415
    from contenttrust.gate.reports import Spot, plain_text  # noqa: PLC0415

    if not subjects:
        raise TypeError("nothing is asked for: name an image or a file")
    uses = []
    findings = []
    builds = []
    for subject in subjects:
        name = os.fspath(subject)
        if isinstance(subject, os.PathLike) or is_file_name(name):
            found, told, built = examine(name)
            uses += found
            findings += told
            builds += built
        else:
            uses.append(Use(image=name, spot=Spot(file="assert_trusted")))
    remember = gate.get("now") is None  # what held once is not what holds now
    chosen = _policy(policy, gate.get("trust_dir"), remember=remember)
    judging = Gate(chosen, door="pytest", **gate)
    findings += judge(judging, uses)
    findings += trigger_findings.judge(judging, builds, findings)
    if gate.get("strict"):
        findings = [finding.strictly() for finding in findings]
    refused = [plain_text.line(finding) for finding in findings if finding.refused]
    if refused:
        raise AssertionError("\n".join(refused))


def _policy(
    policy: str | os.PathLike[str] | Policy | None,
    trust_dir: str | os.PathLike[str] | None,
    *,
    remember: bool,
) -> Policy:
    from contenttrust.gate import policy_record  # noqa: PLC0415
    from contenttrust.policy import load, location  # noqa: PLC0415
    from contenttrust.policy.rules import Policy  # noqa: PLC0415

    if isinstance(policy, Policy):
        return policy
    chosen = "" if policy is None else os.fspath(policy)
    directory = policy_record.directory(os.environ, named=trust_dir, policy=chosen)
    usual = location.usual(directory.path)
    path = location.found(env=os.environ, trust_dir=directory.path) if policy is None else policy
    if path is None:
        policy_record.check_none(directory, usual)
        return Policy.docker_content_trust()
    loaded = load.load(path)
    standing = policy is None and path == usual
    policy_record.check(directory, loaded, file=path, remember=remember, standing=standing)
    return loaded
