"""What the network of a field with evidence is given: encodings of the belief.

``python tests/benchmarks/encodings.py [--steps N]`` trains the MLP of
structured_laws.py on its laws, independent coupling, with each encoding of the log
ratio y of a site's belief to the uniform law; prints the total variation of samples
above that of perfect ones, mean and standard error over two seeds.
"""

import argparse

import numpy as np
import structured_laws
import torch

from fisher_manifold import flow, networks

ENCODINGS = {
    "root, sqrt(exp y) - 1": flow.root_belief,
    "probability, exp(y) - 1": torch.expm1,
    "log, sign(y) log(1 + abs(y))": lambda y: y.sign() * y.abs().log1p(),
}
LAWS = ("mixture", "chain", "parity", "copy", "motif")
SEEDS = (0, 1)


def network(encode):
    """The MLP of structured_laws.py with an encoding of its own."""

    def make(shape):
        mlp = networks.MLP(shape, width=128, depth=2)
        mlp.encode = encode
        return mlp

    return make


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=600)
    steps = parser.parse_args().steps
    torch.set_num_threads(1)
    laws = structured_laws.make_laws()
    laws = {name: structured_laws.Tabulated(laws[name]) for name in LAWS}
    print("| source | the network is given |", " | ".join(LAWS), "|")
    print("|---|---|" + "---:|" * len(LAWS))
    for concentration in (0.5, 1.0):
        method = ("evidence", concentration, "independent")
        for name, encode in ENCODINGS.items():
            cells = []
            for law in laws.values():
                make = network(encode)
                runs = [
                    structured_laws.divergence(law, method, seed, steps, make)
                    for seed in SEEDS
                ]
                excess = [r.total_variation - r.total_variation_floor for r in runs]
                error = np.std(excess, ddof=1) / np.sqrt(len(SEEDS))
                cells.append(f"{np.mean(excess):.3f} ± {error:.3f}")
            row = f"Dirichlet({concentration:g}) | {name}"
            print(f"| {row} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
