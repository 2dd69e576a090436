"""Check: the findings in diagrams, alone, against each other and the code."""

from typing import Annotated

from typer import Context, Option

from checkout.c4.commands.options import AsJson, Define, Paths, or_default, parse_defines


def check(
    context: Context,
    paths: Paths = None,
    define: Define = None,
    asyncapi: Annotated[
        list[str] | None,
        Option(metavar="[ALIAS=]FILE", help="Compare Kafka arrows with an AsyncAPI document, of ALIAS; repeatable."),
    ] = None,
    as_json: AsJson = False,
    github: Annotated[bool, Option("--github", help="Print GitHub annotations.")] = False,
    fix: Annotated[bool, Option("--fix", help="Rewrite includes of URLs to the bundled library.")] = False,
) -> int:
    """Check diagrams alone, against each other and the code."""
    from checkout.c4 import findings
    from checkout.c4.checks.problems import find_problems, fix_files
    from checkout.c4.notations.asyncapi import read_asyncapi
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.files import find_files

    files = find_files(or_default(paths))
    if fix:
        fix_files(files)
    with open_renderer(files) as renderer:
        documents = [*context.obj.asyncapi(), *map(read_asyncapi, asyncapi or ())]
        found = find_problems(renderer, files, context.obj.arrows(), documents, parse_defines(define))
    text = findings.as_json(found) if as_json else findings.as_github(found) if github else "\n".join(map(str, found))
    print(text, end="\n" if text else "")
    errors = sum(finding.severity == "error" for finding in found)
    findings.log(f"{errors} errors, {len(found)} findings")
    return int(errors > 0)
