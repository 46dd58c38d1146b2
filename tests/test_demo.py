"""The demo, shortened: it leaves what it promises, and figures mean what they say."""

import argparse
import json

import pytest

from fisher_manifold import demo, flow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    parser = argparse.ArgumentParser()
    demo.add_arguments(parser)
    options = ["--out", str(out), "--steps", "3", "--evaluations", "2"]
    assert demo.run(parser.parse_args(options)) == 0
    return out


@pytest.mark.parametrize("name", ["digits.png", "flow.png", "training.png"])
def test_pictures(finished, name):
    assert (finished / name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_report_has_floor_and_ceiling(finished):
    report = json.loads((finished / "report.json").read_text())
    frechet = report["metrics"]["Frechet distance of classifier features"]
    assert frechet["floor"] < 10 < frechet["ceiling"]
    agrees = report["metrics"]["classifier agrees with the digit"]
    assert agrees["floor"] > 0.95
    # Three steps teach nothing: samples are near the noise.
    assert frechet["value"] > 5 * frechet["floor"]
    assert report["facts"]["training steps"] == 3
    assert report["facts"]["evaluations per sample"] == 2
    text = (finished / "report.md").read_text()
    assert "| Frechet distance" in text and "digits.png" in text


def test_checkpoint_loads(finished):
    assert flow.Trainer.load(finished).step == 3
