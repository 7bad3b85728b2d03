#!/usr/bin/env bash
# A tour in one minute: real trust data is verified, then six kinds of bad data are refused; last, an image is signed and
# verified against a running registry and trust server, where they can be installed: keys are made, a signer comes and
# goes, keys are rotated, and the original notary client reads the result.
# Every exit code is checked; the script fails if a verdict is not the expected one.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 3

vectors=tests/vectors
scratch=$(mktemp -d) || exit 3
trap 'rm -rf "$scratch"' EXIT
# What is remembered between runs goes here, so that the reader's own ~/.docker stays untouched.
export DOCKER_CONFIG=$scratch

bold='' dim='' green='' red='' off=''
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' off=$'\e[0m'
fi
wrong=0 shown=0

# One member of a case's description: gun, verify_at.
member() {
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
        "$vectors/$1/case.json" "$2"
}

title() {
    printf '\n%s%s%s\n' "$bold" "$1" "$off"
    [[ $# -lt 2 ]] || printf '%s\n' "$2"
}

# prepare COMMAND...: shows a command and runs it, so that what follows can be repeated by hand.
prepare() {
    printf '%s$ %s%s\n' "$dim" "$*" "$off"
    "$@" || exit 3
}

# expect CODE CASE VERB SUFFIX [OPTION...]: runs one verb on the collection of a case.
expect() {
    local code=$1 case=$2 verb=$3 suffix=$4
    shift 4
    judged "$code" contenttrust "$verb" --metadata "$vectors/$case/tuf" \
        --at "$(member "$case" verify_at)" "$@" "$(member "$case" gun)$suffix"
}

# judged CODE COMMAND...: shows a command, runs it, and compares its exit code.
judged() {
    local code=$1 status
    shift
    printf '\n%s$ %s%s\n' "$dim" "$*" "$off"
    "$@" 2>&1
    status=$?
    shown=$((shown + 1))
    if [[ $status -eq $code ]]; then
        printf '%s→ exit %s, as it should be%s\n' "$green" "$status" "$off"
    else
        printf '%s→ exit %s, but %s was expected%s\n' "$red" "$status" "$code" "$off"
        wrong=$((wrong + 1))
    fi
}

title '1. A signed image' 'Which bytes does this tag stand for, and who says so?'
expect 0 good-one-tag verify :1.0
expect 0 good-revoked-tag verify :3.0

title '2. A repository with delegations' 'What may be pulled from here? Tags that only a single signer lists do not count.'
expect 0 good-delegations list ''

title '3. One tag, two digests' 'targets/releases goes before targets, as with docker pull.'
expect 0 good-releases-precedence verify :1.0

title '4. For machines' 'Every reading verb prints one JSON document; failures included.'
expect 0 good-one-tag verify :1.0 --json

title '5. An unsigned tag' 'The repository is signed, this tag is not.'
expect 1 good-one-tag verify :9.9

title '6. Expired trust data' 'Somebody keeps serving old data: newer data may exist and be withheld.'
expect 1 bad-expired-timestamp verify :1.0

title '7. Tampering' 'A digest was exchanged, and every hash above it was made to fit.'
expect 1 bad-digest-flipped-rehash explain :1.0

title '8. Rollback' 'Docker has seen targets version 5 here; now version 3 is served.'
gun=$(member bad-rollback-targets-smaller gun)
printf '\n%s# What it has seen is laid into its cache, as files that nobody else may write:%s\n' "$dim" "$off"
prepare export "DOCKER_CONFIG=$scratch"
prepare mkdir -p "$scratch/trust/tuf/$gun"
prepare cp -R "$vectors/bad-rollback-targets-smaller/trusted" "$scratch/trust/tuf/$gun/metadata"
prepare chmod -R go-w "$scratch/trust"
expect 1 bad-rollback-targets-smaller verify :2.0

title '9. A forged threshold' 'Two signatures are asked for; one key gives both, under two names.'
expect 1 bad-threshold-same-key-two-ids verify :1.0

title '10. Another collection'"'"'s data' 'Rightly signed, but for another name.'
expect 1 bad-swapped-gun verify :1.0

# A publisher's whole story, with the original servers on this machine.
live() {
    local stack=tests/interop/stack image digest
    read -r REGISTRY_PORT NOTARY_PORT SIGNER_PORT < <(
        PYTHONPATH=tests python3 -c 'from interop.trust_stack import free_ports; print(*free_ports(3))'
    )
    export REGISTRY_PORT NOTARY_PORT SIGNER_PORT
    "$stack/up" --dir "$scratch/live" >"$scratch/up.log" 2>&1 || {
        printf 'The servers did not start:\n'
        cat "$scratch/up.log"
        wrong=$((wrong + 1))
        return
    }
    trap 'tests/interop/stack/down --dir "$scratch/live" >/dev/null; rm -rf "$scratch"' EXIT
    # The addresses that DOCKER_CONTENT_TRUST_SERVER and DOCKER_CONFIG/tls hold are those that docker would use.
    source "$scratch/live/env.sh"
    # Typed at the terminal by people; here nobody sits at one.
    export DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE=demo-root DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE=demo-repository
    image=$REGISTRY/demo/app
    digest=$(PYTHONPATH=tests python3 - "$REGISTRY" <<'END'
import sys
from interop.images import Registry, image

app = image("demo")
Registry(sys.argv[1]).push("demo/app", app, tag="1.0")
print(app.digest)
END
    )
    printf '\n%s# An image was pushed to the registry as %s, with the digest %s.%s\n' "$dim" "$image:1.0" "$digest" "$off"
    judged 1 contenttrust verify "$image:1.0"
    printf '\n%s# A signer makes a key; the repository is signed for the first time, with new root and repository keys.%s\n' \
        "$dim" "$off"
    judged 0 contenttrust key generate alice --dir "$scratch"
    judged 0 contenttrust signer add --key "$scratch/alice.pub" alice "$image"
    judged 0 contenttrust sign "$image:1.0"
    judged 0 contenttrust verify "$image:1.0"
    judged 0 contenttrust key list
    printf '\n%s# A second signer joins, and the first one leaves: nothing rests on her signature any more.%s\n' "$dim" "$off"
    judged 0 contenttrust key generate bob --dir "$scratch"
    judged 0 contenttrust signer add --key "$scratch/bob.pub" bob "$image"
    judged 0 contenttrust sign "$image:1.0"
    judged 0 contenttrust signer remove --force alice "$image"
    judged 0 contenttrust signer list "$image"
    judged 0 contenttrust verify "$image:1.0"
    printf '\n%s# The repository key and the root key are exchanged for new ones.%s\n' "$dim" "$off"
    judged 0 contenttrust key rotate "$image" targets
    judged 0 contenttrust key rotate --yes "$image" root
    judged 0 contenttrust verify "$image:1.0"
    printf '\n%s# What the original client says of it all:%s\n' "$dim" "$off"
    judged 0 notary -c "$NOTARY_CLIENT_CONFIG" list -r targets/releases "$image"
    printf '\n%s# The trust server goes away: what is cached holds until it expires, anything else is unknown.%s\n' \
        "$dim" "$off"
    "$stack/down" --dir "$scratch/live" >/dev/null
    judged 0 contenttrust verify "$image:1.0"
    judged 3 contenttrust verify "$REGISTRY/demo/other:1.0"
}

title '11. Live' 'A registry and a trust server on this machine: sign, verify, and let signers and keys come and go.'
missing=()
for program in docker-registry notary-server notary-signer notary openssl; do
    command -v "$program" >/dev/null || missing+=("$program")
done
if [[ ${#missing[@]} -eq 0 ]]; then
    live
else
    printf 'Left out: not installed here: %s\n' "${missing[*]}"
fi

if [[ $wrong -gt 0 ]]; then
    printf '\n%s%d of %d verdicts were not the expected ones.%s\n' "$red" "$wrong" "$shown" "$off"
    exit 1
fi
printf '\n%sAll %d verdicts were the expected ones.%s Try it yourself:\n\n' "$bold" "$shown" "$off"
case=$vectors/good-delegations/tuf
gun=$(member good-delegations gun)
at=$(member good-delegations verify_at)
# `./dev demo` installs into .venv, which is on nobody's PATH.
program=contenttrust
if [[ $(command -v contenttrust) -ef .venv/bin/contenttrust ]]; then
    program=.venv/bin/contenttrust
    printf 'The program is %s; in the lines above it is called contenttrust.\n\n' "$program"
fi
cat <<END
  $program list --metadata $case --at $at $gun
  $program verify --metadata $case --at $at $gun:1.0
  $program explain --metadata $case --at $at $gun:qa-7
END
