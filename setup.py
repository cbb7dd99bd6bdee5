"""Puts the sample books into the package as it is built; all else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SAMPLES = "samples"


class BuildWithSamples(build_py):
    """Copies ``samples/`` to ``tokenbooks/samples``; a checkout reads them where they are."""

    def run(self) -> None:
        """Build the modules, then put the samples beside them unless it is an editable install."""
        super().run()
        if not self.editable_mode:
            written = shutil.ignore_patterns("close", "books.*", "__pycache__", ".*")
            target = Path(self.build_lib) / "tokenbooks" / SAMPLES
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(SAMPLES, target, ignore=written)


setup(cmdclass={"build_py": BuildWithSamples})
