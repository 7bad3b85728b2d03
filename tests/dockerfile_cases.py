"""Dockerfiles with the images that a build of them uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

D = "@sha256:" + "d" * 64


class Case(NamedTuple):
    """One file. `images` are pairs of what names an image, and its name."""

    name: str
    text: bytes
    images: str
    args: Mapping[str, str] = {}
    platform: str = ""
    target: str = ""
    contexts: Mapping[str, str] = {}

    @property
    def wanted(self) -> list[tuple[str, str]]:
        """F, C, R, S and O… for FROM, COPY --from, RUN --mount, # syntax and ONBUILD with these."""
        words = {"F": "FROM", "C": "COPY --from", "R": "RUN --mount", "S": "# syntax"}
        found = []
        for pair in filter(None, self.images.split(" ")):
            short, _, image = pair.partition("=")
            trigger = "ONBUILD " if short.startswith("O") else ""
            found.append((trigger + words[short[-1]], image))
        return found


def case(name: str, text: str | bytes, images: str, **options: object) -> Case:
    data = text if isinstance(text, bytes) else text.encode()
    return Case(name, data, images, **options)  # type: ignore[arg-type]


_FROM = [
    case("plain", "FROM alpine\n", "F=alpine"),
    case("no end of line", "FROM alpine", "F=alpine"),
    case("tag", "FROM alpine:3.19\n", "F=alpine:3.19"),
    case("digest", f"FROM alpine{D}\n", f"F=alpine{D}"),
    case("tag and digest", f"FROM alpine:3{D}\n", f"F=alpine:3{D}"),
    case("host and port", "FROM localhost:5000/a/b:1\n", "F=localhost:5000/a/b:1"),
    case("lower case", "from alpine as x\nfrom x\n", "F=alpine"),
    case("mixed case", "FrOm alpine aS x\nFROM x\n", "F=alpine"),
    case("many spaces", " \t FROM \t alpine \t  AS\t\tx  \n", "F=alpine"),
    case("tabs alone", "FROM\talpine\tAS\tx\n", "F=alpine"),
    case("vertical tab and form feed", "FROM\x0balpine\x0cAS\x0bx\n", "F=alpine"),
    case("CRLF", "FROM alpine\r\nRUN x\r\nFROM b\r\n", "F=alpine F=b"),
    case("carriage return within a line", "FROM a\rAS\rx\nFROM x\n", "F=a"),
    case("BOM", b"\xef\xbb\xbfFROM alpine\n", "F=alpine"),
    case("BOM and CRLF", b"\xef\xbb\xbf# syntax=a/b\r\nFROM c\r\n", "S=a/b F=c"),
    case("empty lines and comments", "\n\n# FROM evil\n  # FROM evil\nFROM a\n", "F=a"),
    case("platform", "FROM --platform=linux/arm64 a\n", "F=a"),
    case("platform by variable", "FROM --platform=$BUILDPLATFORM a AS x\nFROM x\n", "F=a"),
    case("platform in quotes", 'FROM --platform="linux/amd64" a\n', "F=a"),
    case("end of flags", "FROM -- a\n", "F=a"),
    case("flag and end of flags", "FROM --platform=x -- a\n", "F=a"),
    case("several", "FROM a\nFROM b\nFROM c\n", "F=a F=b F=c"),
    case("the same twice", "FROM a\nFROM a\n", "F=a F=a"),
    case("scratch", "FROM scratch\nCOPY x /\n", ""),
    case("scratch in upper case is an image", "FROM SCRATCH\n", "F=SCRATCH"),
    case("scratch with a tag is an image", "FROM scratch:1\n", "F=scratch:1"),
    case("quotes", 'FROM "alpine"\n', "F=alpine"),
    case("single quotes", "FROM 'alp'ine\n", "F=alpine"),
    case("escaped letter", "FROM al\\pine\n", "F=alpine"),
    case("name of a stage is an image before it", "FROM a AS a\nFROM a\n", "F=a"),
    case("stage name in another case is an image", "FROM a AS B\nFROM B\nFROM b\n", "F=a F=B"),
    case("stage name twice", "FROM a AS x\nFROM b AS x\nFROM x\n", "F=a F=b"),
    case("a stage called scratch", "FROM a AS scratch\nFROM scratch\n", "F=a"),
    case("a stage with a tag is an image", "FROM a AS x\nFROM x:latest\n", "F=a F=x:latest"),
    case("number of a stage is an image", "FROM a\nFROM 0\n", "F=a F=0"),
    case("three backslashes end a line", "FROM a\\\\\\\nFROM b\n", "F=a\\ F=b"),
    case("quote in quotes", 'FROM "a\\"b"\n', 'F=a"b'),
    case("no line of a heredoc", "FROM a\nRUN cat<<EOF x\nFROM b\n", "F=a F=b"),
    case("NUL and control characters in comments", "# \x00\x1b[2J FROM b\nFROM a\n", "F=a"),
    case("Latin-1 in a comment", b"# caf\xe9\nFROM a\n", "F=a"),
    case("Latin-1 in a command", b"FROM a\nRUN echo caf\xe9\nFROM b\n", "F=a F=b"),
    case("no-break space is no space of the grammar", "FROM a\xa0b\n", "F=a\xa0b"),
    case("wide space before an instruction", "\u3000FROM a\n", "F=a"),
]
_LINES = [
    case("continued", "FROM \\\n  alpine \\\n AS x\nFROM x\n", "F=alpine"),
    case("continued within the name", "FROM al\\\npine\n", "F=alpine"),
    case("continued within the keyword", "FR\\\nOM alpine\n", "F=alpine"),
    case("spaces behind the backslash", "FROM al\\ \t \npine\n", "F=alpine"),
    case("comment within", "FROM \\\n# FROM evil \\\nalpine\n", "F=alpine"),
    case("comment with spaces within", "FROM \\\n   # FROM evil\n a\n", "F=a"),
    case("empty line within", "FROM \\\n\n\nalpine\n", "F=alpine"),
    case("line of a backslash alone", "\\\nFROM alpine\n", "F=alpine"),
    case("continued with CRLF", "FROM al\\\r\npine\r\n", "F=alpine"),
    case("two backslashes end the line", "FROM a\nRUN x \\\\\nFROM b\n", "F=a F=b"),
    case("a word FROM in a continued command", "FROM a\nRUN x \\\nFROM b\nFROM c\n", "F=a F=c"),
    case("continued at the end", "FROM alpine \\\n", "F=alpine"),
    case("escape directive", "# escape=`\nFROM al`\npine\n", "F=alpine"),
    case("backslash with another escape", "# escape=`\nFROM a\nRUN x \\\nFROM b\n", "F=a F=b"),
    case("escape in upper case with spaces", "#  ESCAPE =  `  \nFROM al`\npine\n", "F=alpine"),
    case("directive behind a comment is none", "# x\n# escape=`\nFROM al\\\npine\n", "F=alpine"),
    case("directive behind an empty line is none", "\n# escape=`\nFROM al\\\npine\n", "F=alpine"),
    case("escape behind syntax", "# syntax=s\n# escape=`\nFROM al`\npine\n", "S=s F=alpine"),
    case("unknown directive ends them", "# x=y\n# escape=`\nFROM al\\\npine\n", "F=alpine"),
    case("escape quotes a quote", "# escape=`\nFROM al`pine\n", "F=alpine"),
]
_SYNTAX = [
    case("syntax", "# syntax=docker/dockerfile:1\nFROM a\n", "S=docker/dockerfile:1 F=a"),
    case("syntax without spaces", "#syntax=s:1\nFROM a\n", "S=s:1 F=a"),
    case("syntax in upper case", "# SYNTAX = s:1 \nFROM a\n", "S=s:1 F=a"),
    case("syntax with arguments", "# syntax=s:1 x=y\nFROM a\n", "S=s:1 F=a"),
    case("syntax behind check", "# check=skip=all\n# syntax=s\nFROM a\n", "S=s F=a"),
    case("syntax behind a comment is none", "# x\n# syntax=s\nFROM a\n", "F=a"),
    case("syntax behind an empty line is none", "\n# syntax=s\nFROM a\n", "F=a"),
    case("syntax behind spaces is none", " # syntax=s\nFROM a\n", "F=a"),
    case("syntax behind a shebang", "#!/usr/bin/x\n# syntax=s\nFROM a\n", "S=s F=a"),
    case("syntax by digest", f"# syntax=s{D}\nFROM a\n", f"S=s{D} F=a"),
    case("syntax without a value", "# syntax=\nFROM a\n", "F=a"),
    case("front end by argument", "# syntax=s\nFROM a\n", "F=a", args={"BUILDKIT_SYNTAX": "t"}),
]
_ARGS = [
    case("argument with default", "ARG V=3\nFROM a:$V\n", "F=a:3"),
    case("braces", "ARG V=3\nFROM a:${V}-x\n", "F=a:3-x"),
    case("argument given", "ARG V=3\nFROM a:$V\n", "F=a:4", args={"V": "4"}),
    case("argument without default, given", "ARG V\nFROM $V\n", "F=b", args={"V": "b"}),
    case("argument given empty", "ARG V=3\nFROM a$V\n", "F=a", args={"V": ""}),
    case("not declared, given: has no value", "FROM ${V:-d}\n", "F=d", args={"V": "b"}),
    case("argument of an argument", "ARG A=a\nARG B=$A:1\nFROM $B\n", "F=a:1"),
    case("several in one line", "ARG A=a B=$A:2\nFROM $B\n", "F=a:2"),
    case("declared twice", "ARG A=a\nARG A=b\nFROM $A\n", "F=b"),
    case("declared again without value", "ARG A=a\nARG A\nFROM $A\n", "F=a"),
    case("quotes in the default", "ARG A=\"a:1\"\nARG B='b'\nFROM $A\nFROM $B\n", "F=a:1 F=b"),
    case("argument of a stage does not count", "ARG A=a\nFROM x\nARG A=b\nFROM $A\n", "F=x F=a"),
    case("a stage by argument", "ARG A=s\nFROM x AS s\nFROM $A\n", "F=x"),
    case("scratch by argument", "ARG A=scratch\nFROM $A\n", ""),
    case(":- unset", "FROM ${A:-a}\n", "F=a"),
    case(":- empty", "ARG A=\nFROM ${A:-a}\n", "F=a"),
    case("- empty", "ARG A=\nFROM x${A-a}\n", "F=x"),
    case(":- set", "ARG A=b\nFROM ${A:-$NOT}\n", "F=b"),
    case(":- nested", "ARG B=b\nFROM ${A:-${B}:1}\n", "F=b:1"),
    case(":+ set", "ARG A=b\nFROM x${A:+:1}\n", "F=x:1"),
    case(":+ unset", "FROM x${A:+$NOT}\n", "F=x"),
    case("+ empty", "ARG A=\nFROM x${A+:1}\n", "F=x:1"),
    case("? set", "ARG A=b\nFROM ${A:?no}\n", "F=b"),
    case("# shortest", "ARG A=a/b/c\nFROM ${A#*/}\n", "F=b/c"),
    case("## longest", "ARG A=a/b/c\nFROM ${A##*/}\n", "F=c"),
    case("% shortest", "ARG A=a.b.c\nFROM ${A%.*}\n", "F=a.b"),
    case("%% longest", "ARG A=a.b.c\nFROM ${A%%.*}\n", "F=a"),
    case("# one letter", "ARG A=xab\nFROM ${A#?}\n", "F=ab"),
    case("# that does not fit", "ARG A=xab\nFROM ${A#b}\n", "F=xab"),
    case("# with an escaped star", "ARG A=*a\nFROM ${A#\\*}\n", "F=a"),
    case("# with an escaped question mark", "ARG A=?xb\nFROM ${A#\\?}\n", "F=xb"),
    case("spaces between arguments", "ARG A=a   B=b\nFROM $A$B\n", "F=ab"),
    case("backslash at the end of an argument", "ARG A=b\\\\\\\nFROM a$A\n", "F=ab\\"),
    case("/ first", "ARG A=xaxb\nFROM ${A/x/y}\n", "F=yaxb"),
    case("// all", "ARG A=xaxb\nFROM ${A//x/y}\n", "F=yayb"),
    case("/ with escaped slash", "ARG A=x-y\nFROM ${A/-/\\/}\n", "F=x\\/y"),
    case("// with a pattern", "ARG A=a1b1c\nFROM ${A//1?/x}\n", "F=axx"),
    case("escaped dollar", "ARG A=b\nFROM \\$A\n", "F=$A"),
    case("dollar in single quotes", "ARG A=b\nFROM '$A'\n", "F=$A"),
    case("dollar in double quotes", 'ARG A=b\nFROM "$A:1"\n', "F=b:1"),
    case("target's platform", "FROM a-$TARGETARCH\n", "F=a-arm64", platform="linux/arm64"),
    case(
        "target's variant",
        "FROM a-$TARGETARCH$TARGETVARIANT\n",
        "F=a-armv7",
        platform="linux/arm/v7",
    ),
    case("platform by argument", "FROM a-$BUILDARCH\n", "F=a-x", args={"BUILDARCH": "x"}),
    case("target's stage", "FROM a-$TARGETSTAGE AS x\n", "F=a-x"),
    case(
        "a stage by the platform",
        "FROM a AS s-amd64\nFROM s-$TARGETARCH\n",
        "F=a",
        platform="linux/amd64",
    ),
    case(
        "a stage by the platform, declared",
        "ARG TARGETARCH=x\nFROM a AS sx\nFROM s$TARGETARCH\n",
        "F=a",
    ),
    case("no target's stage", "FROM a-$TARGETSTAGE\n", "F=a-default"),
]
_COPY = [
    case("copy from an image", "FROM a\nCOPY --from=b:1 /x /y\n", "F=a C=b:1"),
    case("copy from a stage", "FROM a AS s\nFROM b\nCOPY --from=s /x /y\n", "F=a F=b"),
    case(
        "copy from a stage in another case", "FROM a AS s\nFROM b\nCOPY --from=S x y\n", "F=a F=b"
    ),
    case("copy from a number", "FROM a\nFROM b\nCOPY --from=0 x y\n", "F=a F=b"),
    case("copy from a number with signs", "FROM a\nFROM b\nCOPY --from=+00 x y\n", "F=a F=b"),
    case("copy from scratch", "FROM a\nCOPY --from=scratch x y\n", "F=a"),
    case("copy from nothing", "FROM a\nCOPY --from= x y\n", "F=a"),
    case(
        "copy with more flags",
        "FROM a\nCOPY --link --chown=1:1 --from=b --chmod=7 x y\n",
        "F=a C=b",
    ),
    case("copy flag in quotes", 'FROM a\nCOPY --from="b" x y\n', "F=a C=b"),
    case("copy flag in odd quotes", "FROM a\nCOPY --fr'om=b'c x y\n", "F=a C=bc"),
    case("copy flag escaped", "FROM a\nCOPY --from=b\\c x y\n", "F=a C=bc"),
    case("copy flag continued", "FROM a\nCOPY --from=b\\\nc \\\n x y\n", "F=a C=bc"),
    case("a flag behind the arguments is none", "FROM a\nCOPY x --from=b y\n", "F=a"),
    case("a flag behind -- is none", "FROM a\nCOPY -- --from=b x y\n", "F=a"),
    case("copy in lower case", "from a\ncopy --from=b x y\n", "F=a C=b"),
    case("bytes of a flag that are spaces", "FROM a\nCOPY --from=b\u00e0 x y\n", "F=a C=b\u00c3"),
    case("copy with JSON", 'FROM a\nCOPY --from=b ["x", "y"]\n', "F=a C=b"),
    case("add names no image", "FROM a\nADD x y\nADD https://h/x y\nADD git@h:x.git y\n", "F=a"),
]
_MOUNT = [
    case("mount", "FROM a\nRUN --mount=type=bind,from=b,target=/x y\n", "F=a R=b"),
    case("mount without a type", "FROM a\nRUN --mount=from=b,target=/x y\n", "F=a R=b"),
    case("mount of a cache", "FROM a\nRUN --mount=type=cache,target=/x,from=b y\n", "F=a R=b"),
    case(
        "mounts", "FROM a\nRUN --mount=from=b,target=/x --mount=from=c,target=/y z\n", "F=a R=b R=c"
    ),
    case("mount of a stage", "FROM a AS s\nFROM b\nRUN --mount=from=S,target=/x y\n", "F=a F=b"),
    case(
        "a number is no stage for mounts",
        "FROM a\nFROM b\nRUN --mount=from=0,target=/x y\n",
        "F=a F=b R=0",
    ),
    case("mount in upper case", "FROM a\nRUN --mount=FROM=b,Target=/x y\n", "F=a R=b"),
    case("mount twice from", "FROM a\nRUN --mount=from=b,from=c,target=/x y\n", "F=a R=c"),
    case("mount from nothing", "FROM a\nRUN --mount=from=,target=/x y\n", "F=a"),
    case("mount in quotes", 'FROM a\nRUN --mount="from=b,target=/x" y\n', "F=a R=b"),
    case("fields in quotes", 'FROM a\nRUN --mount=\'"from=b","target=/x"\' y\n', "F=a R=b"),
    case("quotes within quotes", 'FROM a\nRUN --mount=\'from=b,"target=/x""y"\' y\n', "F=a R=b"),
    case("mount continued", "FROM a\nRUN --mount=type=bind,\\\nfrom=b,target=/x y\n", "F=a R=b"),
    case(
        "network and security", "FROM a\nRUN --network=none --mount=from=b,target=/x y\n", "F=a R=b"
    ),
    case("a mount in the command is none", "FROM a\nRUN docker run --mount=from=b x\n", "F=a"),
]
_HEREDOC = [
    case("heredoc", "FROM a\nRUN <<EOF\nFROM evil\nEOF\nFROM b\n", "F=a F=b"),
    case("heredoc of copy", "FROM a\nCOPY <<EOF /x\nFROM evil\nCOPY --from=evil\nEOF\n", "F=a"),
    case("heredoc and image", "FROM a\nCOPY --from=b <<EOF /x\nFROM evil\nEOF\n", "F=a C=b"),
    case("heredoc with tabs", "FROM a\nRUN <<-EOF\n\tFROM evil\n\tEOF\nFROM b\n", "F=a F=b"),
    case(
        "heredoc in quotes",
        "FROM a\nRUN <<'EOF'\nFROM evil\nEOF\nRUN <<\"X Y\"\nFROM c\nX Y\n",
        "F=a",
    ),
    case("heredocs", "FROM a\nCOPY <<A <<B /x\nFROM b\nA\nFROM c\nB\nFROM d\n", "F=a F=d"),
    case("heredoc with a descriptor", "FROM a\nRUN x 3<<EOF\nFROM b\nEOF\n", "F=a"),
    case("heredoc with CRLF", "FROM a\r\nRUN <<EOF\r\nFROM b\r\nEOF\r\nFROM c\r\n", "F=a F=c"),
    case("a longer word is no end", "FROM a\nRUN <<EOF\nEOFX\n EOF\nFROM b\nEOF\n", "F=a"),
    case("heredoc holds continuations", "FROM a\nRUN <<EOF\nx \\\nEOF\nFROM b\n", "F=a F=b"),
    case(
        "heredoc behind variables", "FROM a\nRUN x ${A:-y} ${B/x/y} $C <<EOF\nFROM b\nEOF\n", "F=a"
    ),
    case("heredoc behind quotes", 'FROM a\nRUN x "a\\"b" <<EOF\nFROM b\nEOF\n', "F=a"),
    case("heredoc with an escaped quote", 'FROM a\nRUN x <<"E\\"F"\nFROM b\nE"F\n', "F=a"),
    case(
        "heredoc with a space, behind braces", "FROM a\nRUN ${A:-x} <<E\\ F\nFROM b\nE F\n", "F=a"
    ),
    case("a variable in braces hides <<", "FROM a\nRUN <<${A:-B}\nFROM b\n", "F=a F=b"),
    case("heredoc without a name", "FROM a\nRUN x <<''\nFROM b\n", "F=a F=b"),
    case("JSON takes no heredoc", 'FROM a\nRUN ["x", "<<EOF"]\nFROM b\n', "F=a F=b"),
    case("<< in quotes is none", "FROM a\nRUN x '<<EOF'\nFROM b\n", "F=a F=b"),
    case("three << are none", "FROM a\nRUN x <<<EOF\nFROM b\n", "F=a F=b"),
    case("env takes no heredoc", "FROM a\nENV x=<<EOF\nFROM b\n", "F=a F=b"),
    case("a heredoc in onbuild", "FROM a\nONBUILD RUN <<EOF\nFROM b\nEOF\n", "F=a"),
    case("heredoc continued", "FROM a\nRUN x \\\n <<EOF\nFROM b\nEOF\nFROM c\n", "F=a F=c"),
]
_ONBUILD = [
    case("trigger copies", "FROM a\nONBUILD COPY --from=b x y\n", "F=a OC=b"),
    case("trigger mounts", "FROM a\nonbuild run --mount=from=b,target=/x y\n", "F=a OR=b"),
    case("trigger of a stage", "FROM a AS s\nFROM b\nONBUILD COPY --from=s x y\n", "F=a F=b"),
    case(
        "trigger is read with the backslash",
        "# escape=`\nFROM a\nONBUILD COPY --from=b\\c x y\n",
        "F=a OC=bc",
    ),
    case(
        "trigger of a later stage that comes before who runs it",
        "FROM a AS s\nONBUILD COPY --from=t x y\nFROM b AS t\nFROM s\n",
        "F=a F=b",
    ),
    case(
        "trigger of a later stage that nobody runs",
        "FROM a AS s\nONBUILD COPY --from=t x y\nFROM b AS t\n",
        "F=a F=b",
    ),
    case("trigger without images", "FROM a\nONBUILD RUN x\n", "F=a"),
]
CASES = [*_FROM, *_LINES, *_SYNTAX, *_ARGS, *_COPY, *_MOUNT, *_HEREDOC, *_ONBUILD]
"""Files that BuildKit takes, with the images that it finds."""

STAGES = "FROM a AS x\nFROM b AS y\nCOPY --from=c x y\nFROM d AS z\n"
OPTIONS = [
    case("all stages without a target", STAGES, "F=a F=b C=c F=d"),
    case("stages up to the target", STAGES, "F=a F=b C=c", target="y"),
    case("target in another case", STAGES, "F=a", target="X"),
    case(
        "the last stage of that name", "FROM a AS x\nFROM b AS x\nFROM c\n", "F=a F=b", target="x"
    ),
    case("context for an image", "FROM a\nFROM b\n", "F=b", contexts={"a": "docker-image://c"}),
    case(
        "context for the whole name",
        "FROM docker.io/library/a:latest\n",
        "",
        contexts={"a": "docker-image://c"},
    ),
    case("context with a tag", "FROM a:1\nFROM a:2\n", "F=a:2", contexts={"a:1": "./x"}),
    case(
        "context for a stage",
        "FROM a AS s\nCOPY --from=b x y\nFROM s\n",
        "C=b",
        contexts={"s": "docker-image://c"},
    ),
    case("context for a copied image", "FROM a\nCOPY --from=b x y\n", "F=a", contexts={"b": "./x"}),
    case("context of another tag", "FROM a:1\n", "F=a:1", contexts={"a": "./x"}),
    case("no context for front ends", "# syntax=s\nFROM a\n", "S=s F=a", contexts={"s": "./x"}),
    case(
        "no context for scratch stages", "FROM a AS scratch\n", "F=a", contexts={"scratch": "./x"}
    ),
]
"""Files whose images depend on what else a build is told."""
