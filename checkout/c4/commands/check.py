"""Check: the findings in diagrams, alone, against each other and the code."""

from typing import Annotated

from typer import BadParameter, Context, Option

from checkout.c4.commands.options import AsJson, Define, Github, Paths, Sarif, parse_defines
from checkout.c4.commands.outputs import STDOUT, write_output


def check(
    context: Context,
    paths: Paths = None,
    define: Define = None,
    asyncapi: Annotated[
        list[str] | None,
        Option(metavar="[ALIAS=]FILE", help="Compare Kafka arrows with an AsyncAPI document, of ALIAS; repeatable."),
    ] = None,
    as_json: AsJson = False,
    github: Github = False,
    sarif: Sarif = None,
    fix: Annotated[bool, Option("--fix", help="Rewrite includes of URLs to the bundled library.")] = False,
) -> int:
    """Check diagrams alone, against each other and the code."""
    from checkout.c4 import findings
    from checkout.c4.checks.problems import find_problems, fix_files
    from checkout.c4.checks.sarif import as_sarif, result_of
    from checkout.c4.notations.asyncapi import read_asyncapi
    from checkout.c4.render.renderer import open_renderer
    from checkout.c4.source.files import find_files, or_default

    if sarif == STDOUT and (as_json or github):
        raise BadParameter("print only one of --json, --github and --sarif -")
    files = find_files(or_default(paths))
    if fix:
        fix_files(files)
    with open_renderer(files) as renderer:
        documents = [*context.obj.asyncapi(), *map(read_asyncapi, asyncapi or ())]
        found = find_problems(renderer, files, context.obj.arrows(), documents, parse_defines(define))
    text = findings.as_json(found) if as_json else findings.as_github(found) if github else "\n".join(map(str, found))
    print("" if sarif == STDOUT else text, end="\n" if text and sarif != STDOUT else "")
    if sarif:
        write_output(sarif, as_sarif(map(result_of, found), "check"))
    errors = sum(finding.severity == "error" for finding in found)
    findings.log(f"{errors} errors, {len(found)} findings")
    return int(errors > 0)
