"""`contenttrust docker -- …`: docker, with what it fetches and starts verified first."""

from __future__ import annotations

import contextlib
import os
import sys

from contenttrust.cli import exit_codes, streams
from contenttrust.cli.program import began_as_interrupt
from contenttrust.gate.docker import refusal, shim
from contenttrust.gate.environment import AUDIT_LOG_VARIABLE, POLICY_VARIABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.gate.check import Gate
    from contenttrust.policy.rules import Policy
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.reference import Reference
    from contenttrust.transport.cache import TrustDirectory


def run(request: Request) -> int:  # noqa: ARG001 -- every verb has it
    """Say what is missing: what stands behind ``--`` does not come this way."""
    from contenttrust.cli.declarations.docker import HINT  # noqa: PLC0415
    from contenttrust.cli.options import UsageError  # noqa: PLC0415 -- see the program's start

    raise UsageError(HINT)


def command(words: Sequence[str]) -> int | None:
    """Run docker's command line, which no parser of ours must read.

    Args:
        words: Of the process, with ``--`` among them.

    Returns:
        The exit code, where the process has not become docker; None where the words before ``--``
        are for another verb.
    """
    split = list(words).index("--")
    ours, theirs = list(words[:split]), list(words[split + 1 :])
    streams.prepare()
    try:
        request = None if ours == ["docker"] else _request(ours)
        if request is not None and request.options.verb != "docker":
            return None
        code = shim.run(theirs, env=os.environ, means=_Means(request))
        streams.flush()
    except SystemExit as ended:  # help was asked for
        return ended.code if isinstance(ended.code, int) else exit_codes.OK
    except (BrokenPipeError, refusal.NotWrittenError, streams.OutputError) as error:
        streams.discard(sys.stdout)
        streams.complain([f"contenttrust: the output cannot be written: {error}"])
        return exit_codes.PIPE_CLOSED
    except Exception as error:
        if began_as_interrupt(error):
            raise
        return _failed(error)
    return code


def _failed(error: Exception) -> int:
    """Say what went wrong outside of docker; a traceback would look like docker's own failure."""
    from contenttrust.cli.options import UsageError  # noqa: PLC0415 -- see the program's start
    from contenttrust.errors import PolicyError  # noqa: PLC0415

    if isinstance(error, UsageError):
        streams.complain([f"contenttrust: {error}"])
        return exit_codes.USAGE
    if isinstance(error, PolicyError):
        streams.complain([f"contenttrust: {error.message}"])
        return refusal.NOT_STARTED
    streams.complain([f"contenttrust: internal error ({type(error).__name__}: {error!a})"])
    return refusal.NOT_STARTED


def _request(words: Sequence[str]) -> Request:
    from contenttrust.cli import parser  # noqa: PLC0415 -- see the program's start
    from contenttrust.cli.request import Request  # noqa: PLC0415

    return Request(parser.parse(words))


class _Means:
    """What the shim asks of the command line, made when it asks."""

    def __init__(self, request: Request | None) -> None:
        self._given = request
        self._before: TrustDirectory | None = None

    @property
    def _request(self) -> Request:
        if self._given is None:
            self._given = _request(["docker"])
        return self._given

    def configured(self, folder: str) -> None:
        """Look for credentials and trust data where docker was told to look.

        What holds without that word stays in force: the policy, and which versions of it were seen.
        """
        from contenttrust.gate import policy_record  # noqa: PLC0415
        from contenttrust.policy import location  # noqa: PLC0415
        from contenttrust.transport.docker_config import config_directory  # noqa: PLC0415

        named = self._given is not None and self._given.options.trust_dir is not None
        if config_directory(os.environ) is not None and not named:
            self._before = policy_record.directory(os.environ)
            own = location.found(env=os.environ, trust_dir=self._before.path)
            if own is not None:
                os.environ[POLICY_VARIABLE] = own
        os.environ["DOCKER_CONFIG"] = folder

    @property
    def strict(self) -> bool:
        """Whether what would only be warned of is refused."""
        return self._given is not None and self._given.options.strict

    @property
    def quiet(self) -> bool:
        """Whether what stops nothing is not said."""
        return self._given is not None and self._given.options.quiet

    def has_policy(self) -> bool:
        """Whether one may be configured."""
        options = None if self._given is None else self._given.options
        if options is not None and (options.policy is not None or options.trust_dir is not None):
            return True
        return _policy_may_be_there(os.environ) or self._before_had_one()

    def _before_had_one(self) -> bool:
        """Whether a policy was in force without the folder that docker was told to look in."""
        if self._before is None:
            return False
        from contenttrust.gate.policy_record import was_standing  # noqa: PLC0415

        return was_standing(self._before.path)

    def policy(self) -> Policy | None:
        """The policy that is configured; None where there is none."""
        if not self.has_policy():
            return None
        from contenttrust.cli import gating  # noqa: PLC0415

        with _refusing():
            return gating.found_policy(self._request, seen=self._before)

    def gate(self, door: str, policy: Policy | None) -> Gate:
        """A gate by that policy, or by Docker's rule."""
        from contenttrust.cli import gating  # noqa: PLC0415
        from contenttrust.policy.rules import Policy as Rules  # noqa: PLC0415

        with _refusing():
            return gating.gate_of(self._request, door, policy or Rules.docker_content_trust())

    def passed(self, door: str, although: str, policy: Policy | None) -> None:
        """Write down that a command passes unchecked."""
        named = None if self._given is None else self._given.options.audit_log
        path = named or os.environ.get(AUDIT_LOG_VARIABLE)
        if not path:
            return
        from contenttrust import clock  # noqa: PLC0415
        from contenttrust.gate.audit_log import AuditLog  # noqa: PLC0415
        from contenttrust.policy.decision import Decision  # noqa: PLC0415

        decision = Decision(
            image="",
            reference=None,
            verdict="allow",
            reasons=(f"{door} was not checked: {although}",),
            policy="" if policy is None else policy.name,
            policy_digest="" if policy is None else policy.digest,
            although=although,
        )
        moment = clock.moment_or_now(self._request.options.at)
        AuditLog(path).write(decision, door=door, at=moment.datetime)

    def sign(self, reference: Reference, digest: str, size: int) -> int:
        """Sign a pushed digest as docker does."""
        with _refusing():
            return _signed(self._request, reference, digest, size)


def _policy_may_be_there(env: Mapping[str, str]) -> bool:
    """Whether `gating.found_policy` has to be asked, which takes longer than most commands may."""
    if env.get(POLICY_VARIABLE):
        return True
    home = env.get("HOME", "")
    folder: str | None = f"{home}/.docker"
    if not home:
        from contenttrust.transport.docker_config import config_directory  # noqa: PLC0415

        folder = config_directory({})
    from contenttrust.errors import PolicyError  # noqa: PLC0415
    from contenttrust.policy.location import stands  # noqa: PLC0415

    try:
        return any(
            stands(f"{place}/trust/contenttrust/{name}")
            for place in (env.get("DOCKER_CONFIG"), folder)
            if place  # else there is no trust directory, and nothing stands in it
            for name in ("trust-policy.yaml", "policies/in_force.json")
        )
    except PolicyError:
        return True  # the thorough look says what is wrong


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """What is wrong with options and files is a refusal here: 2 would be docker's."""
    from contenttrust.cli.options import UsageError  # noqa: PLC0415 -- see the program's start

    try:
        yield
    except UsageError as error:
        raise refusal.RefusedError(*str(error).splitlines()) from None


def _signed(request: Request, reference: Reference, digest: str, size: int) -> int:
    """Sign one tag in every role that docker would, and make the repository if it is new.

    Source: docker CLI 28 `cli/trust/trust_push.go` (``PushTrustedReference``).
    """
    from functools import partial  # noqa: PLC0415

    from contenttrust.cli import editing, exit_codes, report, text  # noqa: PLC0415
    from contenttrust.errors import ContentTrustError  # noqa: PLC0415
    from contenttrust.publish import images, initialisation  # noqa: PLC0415
    from contenttrust.publish.metadata import target_meta  # noqa: PLC0415

    tag, gun = str(reference.tag), reference.gun
    tags = {tag: target_meta(size, sha256=digest.removeprefix("sha256:"))}
    text.say("Signing and pushing trust metadata")
    try:
        edited = editing.collection(request, gun)
        may_begin = partial(editing.check_may_begin, request, edited)
        if initialisation.is_published(edited.sink, gun):
            done = images.sign(edited, tags, again=True, may_begin=may_begin).published
        else:
            may_begin()
            if not initialisation.is_made(edited.trust_dir, gun):
                edited.initialize()
            text.say(f'Finished initializing "{text.safe(gun)}"')
            done = edited.publish_steps([_First(tags)])
            editing.tell_root_key(done.documents["root"])
    except ContentTrustError as error:
        text.complain(f"contenttrust: failed to sign {text.safe(f'{gun}:{tag}')}: "
                      f"{text.safe(str(error))}")  # fmt: skip
        return exit_codes.REFUSED
    report.warn(request, done.notes)
    text.say(f"Successfully signed {text.safe(f'{gun}:{tag}')}")
    return exit_codes.OK


class _First:
    """The first tags of a repository, which has no signers yet."""

    def __init__(self, tags: Mapping[str, Document]) -> None:
        self._tags = tags

    def apply(self, draft: Draft) -> None:
        """List them in `targets`."""
        draft.add_targets("targets", self._tags)
