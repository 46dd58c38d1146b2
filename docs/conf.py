"""Sphinx configuration: ``sphinx-build -W docs docs/_build``.

The build needs no network: references to other projects' documentation are linked where
their inventories can be reached, and left as plain text elsewhere.
"""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

import fisher_manifold
from fisher_manifold import testing

HERE = Path(__file__).parent

project = "fisher_manifold"
author = "The fisher_manifold developers"
copyright = "2026, The fisher_manifold developers"  # noqa: A001 (Sphinx's name)
release = version = fisher_manifold.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx-mathjax-offline",
    "sphinxcontrib.bibtex",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "README.md"]

# Markdown and notebooks. Notebooks are stored without outputs and run by the build, so
# that what a reader sees is what the code of today does.
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_merge_streams = True
os.environ.pop("MPLBACKEND", None)  # the kernel's own shows pictures


def copy_tutorials():
    """Copy notebooks below the sources, where Sphinx looks, if they changed."""
    target = HERE / "tutorials"
    target.mkdir(exist_ok=True)
    sources = {path.name: path for path in (HERE.parent / "tutorials").glob("*.ipynb")}
    for old in target.glob("*.ipynb"):
        if old.name not in sources:
            old.unlink()
    for name, path in sources.items():
        copy = target / name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            shutil.copyfile(path, copy)


copy_tutorials()

# Autosummary looks for names in a module itself: load those that load on first use.
vars(testing).update({name: getattr(testing, name) for name in testing.__all__})
del testing.__dir__

# Docstrings, in geomstats' way.
autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = False
napoleon_use_rtype = False


def plain_marks(app, what, name, obj, options, lines):
    """Take for text what docstrings write plainly: ``*shape``, ``|v|``, ``[A1]_``.

    reStructuredText would begin emphasis, substitutions and citations there; labels of
    citations are those of one docstring, and two may have the same.
    """
    for number, line in enumerate(lines):
        if line.lstrip().startswith((">>>", "... ", "+", "=")):
            continue
        line = re.sub(r"^(\s*)\.\. \[(\w+)\] ", r"\1-  [\2] ", line)
        line = re.sub(r"\[(\w+)\]_(?!\w)", r"[\1]", line)
        parts = re.split(r"(``.*?``|:\w+:`.*?`|`.*?`)", line)
        for k in range(0, len(parts), 2):
            part = re.sub(r"(?<![*\w\\])\*(?=\w)(?![\w ]+\*)", r"\\*", parts[k])
            parts[k] = re.sub(r"(?<!\\)\|", r"\\|", part)
        lines[number] = "".join(parts)


def others_methods(app, what, name, obj, skip, options):
    """Skip what a class inherits from another package: its own pages tell of that."""
    function = getattr(obj, "fget", None) or getattr(obj, "__func__", obj)
    module = getattr(function, "__module__", None) or "fisher_manifold"
    return True if not module.startswith("fisher_manifold") else None


class KeepMarks(SphinxPostTransform):
    """Keep a formula and the mark after it on one line: browsers break between them."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Put both into one element that site.css does not break."""
        for math in list(self.document.findall(nodes.math)):
            parent = math.parent
            after = parent[parent.index(math) + 1 :][:1]
            mark = re.match(r"[,.;:!?)\]]+|-\w+", after[0]) if is_text(after) else None
            if mark:
                kept = nodes.inline("", "", classes=["nowrap"])
                parent.replace(after[0], nodes.Text(after[0][mark.end() :]))
                parent.replace(math, kept)
                kept += [math, nodes.Text(mark.group())]


def is_text(found):
    """Whether there is a node, and it is text."""
    return bool(found) and isinstance(found[0], nodes.Text)


def setup(app):
    """Hear of docstrings before napoleon does, of formulas before they are written."""
    app.add_post_transform(KeepMarks)
    app.connect("autodoc-process-docstring", plain_marks, priority=100)
    app.connect("autodoc-skip-member", others_methods)


# Types of attributes ("shape=[n_categories]") name what several classes have.
suppress_warnings = ["ref.python"]


bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "plain"


def reachable(inventories):
    """Those projects whose inventory can be fetched now."""

    def answers(url):
        try:
            with urlopen(url + "/objects.inv", timeout=3):
                return True
        except OSError:
            return False

    with ThreadPoolExecutor(len(inventories)) as pool:
        found = list(pool.map(answers, inventories.values()))
    names = [name for name, ok in zip(inventories, found, strict=True) if ok]
    return {name: (inventories[name], None) for name in names}


intersphinx_mapping = reachable(
    {
        "python": "https://docs.python.org/3",
        "numpy": "https://numpy.org/doc/stable",
        "scipy": "https://docs.scipy.org/doc/scipy",
        "matplotlib": "https://matplotlib.org/stable",
        "torch": "https://docs.pytorch.org/docs/stable",
        "sklearn": "https://scikit-learn.org/stable",
        "geomstats": "https://geomstats.github.io",
    }
)

html_theme = "pydata_sphinx_theme"
html_title = "fisher_manifold"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "pygments_light_style": "tango",
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
html_sidebars = {page: [] for page in ("index", "explore", "contributing", "CHANGELOG")}
