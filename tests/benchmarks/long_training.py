"""Long trainings without a number that is not finite, or a clamp that acts.

Run as ``python tests/benchmarks/long_training.py``; prints a Markdown table.  After
each step every parameter and gradient is looked at; the trainer itself stops at a loss
that is not finite.  Evidence is counted that its lowest value `LOG_ZERO` has raised.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "flow"))
from watched_training import DTYPES, train  # noqa: E402 (a module of the tests)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    steps = parser.parse_args().steps
    print(
        "| field | source | dtype | steps | first, last loss | largest gradient | "
        "raised | CPU seconds |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|", flush=True)
    rows = [("posterior", 0.5), ("velocity", 0.5)]
    for kind, a in rows:
        for dtype in DTYPES:
            start = time.process_time()
            trainer, watch = train(kind, dtype, steps, a)
            first, last = trainer.history[0]["loss"], trainer.history[-1]["loss"]
            print(
                f"| {kind} | Dirichlet({a}) | {dtype} | {watch.steps} | {first:.4f}, "
                f"{last:.4f} | {watch.largest_gradient:.3f} | "
                f"{watch.raised} | {time.process_time() - start:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
