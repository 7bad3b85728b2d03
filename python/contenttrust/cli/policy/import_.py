"""`contenttrust policy import FILE`: a policy of what docker EE or UCP were configured with."""

from __future__ import annotations

from contenttrust.cli import exit_codes, report, streams, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Print the policy; what could not be said stands in it as comments and is told."""
    from contenttrust.policy.importers import ImportPolicyError, import_policy  # noqa: PLC0415
    from contenttrust.transport import chosen_file  # noqa: PLC0415

    path = request.options.file
    keys: dict[str, list[str]] = {}
    for name, key in request.options.named_keys:
        keys.setdefault(name, []).append(key)
    try:
        imported = import_policy(chosen_file.read(path), keys=keys)
    except OSError as error:
        raise UsageError(f"{text.safe(path)}: {error.strerror}") from None
    except chosen_file.ChosenFileError as error:
        raise UsageError(f"{text.safe(path)}: {error}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    except ImportPolicyError as error:
        error.message = f"{text.safe(path)}: {error.message}"
        raise
    if request.json:
        request.tell("unsaid", messages=list(imported.unsaid))
        text.say(*imported.text.splitlines())
    else:
        streams.write(imported.text)
        for one in imported.unsaid:
            report.remark(request, one)
    return exit_codes.REFUSED if imported.unsaid else exit_codes.OK
