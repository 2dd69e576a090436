"""Magic: `%%c4` renders a cell and lists its errors by line, and never shows a traceback."""

from collections.abc import Iterator

import pytest
from c4.conftest import DIAGRAMS
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output

pytestmark = pytest.mark.slow  # draws with PlantUML

SHOP = 'Container(web, "Web")\nContainer(api, "API")\nRel(web, api, "asks", "HTTP", $index=1)\n'


class Notebook:
    """An IPython shell with the extension, and what the last cell put out."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        shell.run_line_magic("load_ext", "checkout.c4")

    def run(self, cell: str) -> tuple[str, str, list[RichOutput]]:
        with capture_output() as captured:
            self.shell.run_cell(cell)
        return captured.stdout, captured.stderr, captured.outputs


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    monkeypatch.chdir(DIAGRAMS)
    shell = InteractiveShell.instance()
    yield Notebook(shell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_cell_is_drawn_with_the_library_of_its_type(notebook: Notebook) -> None:
    printed, errors, outputs = notebook.run(f"%%c4 dynamic\n{SHOP}")

    assert (printed, errors) == ("", "")
    assert outputs[0].data["text/html"].startswith("<img alt=")
    assert outputs[0].data["text/plain"] == "cell: cell (2 elements, 1 arrows)"


def test_a_cell_with_a_whole_diagram_needs_no_type(notebook: Notebook) -> None:
    printed, _, outputs = notebook.run("%%c4\n@startuml\ntitle Greeting\na -> b : hello\n@enduml")

    assert printed == ""
    assert outputs[0].data["text/plain"] == "cell: Greeting (0 elements, 1 arrows)"


def test_the_diagram_can_be_assigned_to_a_variable(notebook: Notebook) -> None:
    notebook.run(f"%%c4 dynamic -o shop\n{SHOP}")

    assert list(notebook.shell.user_ns["shop"].arrows.technology) == ["HTTP"]


def test_a_cell_may_include_the_files_beside_the_notebook(notebook: Notebook) -> None:
    printed, _, outputs = notebook.run("%%c4 container\n!include model.puml\n$web()\n$gateway()\nRel(web, gateway, a)")

    assert (printed, len(outputs)) == ("", 1)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (f"%%c4 dynamic\n{SHOP}Rel(web, apy, again, $index=2)", "line 5: error [undeclared-alias] no element is"),
        (f"%%c4 dynamic\n{SHOP}Rel(web, api, again, HTTP, $index=4)", "line 5: error [step-gap] steps 2 to 3 missing"),
        ("%%c4\na -> b\nfoo bar baz", "line 3: error [syntax] PlantUML: Syntax Error"),
        ("%%c4 container\n!include gone.puml", "line 2: error [missing-include] there is no file gone.puml"),
        (f'%%c4 dynamic\n{SHOP}Container(b, "B"', "line 5: error [syntax] PlantUML"),
        ("%%c4\n@startuml\na -> b", "line 2: error [unclosed-diagram] this diagram is not closed"),
    ],
)
def test_errors_are_listed_by_the_line_of_the_cell(notebook: Notebook, cell: str, line: str) -> None:
    printed, errors, _ = notebook.run(cell)

    assert printed.startswith(line)
    assert (len(printed.splitlines()), errors) == (1, "")


def test_an_error_in_an_included_file_names_the_file(
    notebook: Notebook, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "part.puml").write_text("a -> b\nfoo bar baz\n")
    monkeypatch.chdir(folder)

    printed, _, _ = notebook.run("%%c4\n!include part.puml")

    assert printed.startswith("part.puml:2:1: error [syntax]")


def test_wrong_arguments_name_the_usage(notebook: Notebook) -> None:
    printed, errors, _ = notebook.run("%%c4 dynmic\na -> b")

    assert "UsageError: 'dynmic' is not understood; usage: %%c4 [context|container|" in printed + errors
    assert "Traceback" not in printed + errors


def test_a_machine_that_cannot_render_says_so(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checkout.c4.notebook.diagram._renderers", {})
    monkeypatch.setenv("CHECKOUT_PLANTUML_JAR", "/dev/null")

    printed, errors, outputs = notebook.run("%%c4\na -> b")

    assert printed == "CHECKOUT_PLANTUML_JAR names /dev/null, which is not a jar: name one, or unset it\n"
    assert (errors, outputs) == ("", [])


def test_an_error_of_the_api_is_one_line_in_a_cell(notebook: Notebook) -> None:
    printed, errors, _ = notebook.run("from checkout.c4 import Diagram\nDiagram('gone.puml')")

    assert (printed + errors).strip() == "PreconditionError: gone.puml: there is no such file or folder"
