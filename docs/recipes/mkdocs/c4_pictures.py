import subprocess


def on_pre_build(config):
    subprocess.run(["c4", "render", "--check", config["docs_dir"]], check=True)
