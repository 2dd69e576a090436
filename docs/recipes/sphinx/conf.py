# A Sphinx site with C4 pictures: pages name the committed SVG, and the build fails when one is out of date.
import subprocess

project = "Our system"
html_theme = "alabaster"


def setup(app):
    subprocess.run(["c4", "render", "--check", app.srcdir], check=True)
