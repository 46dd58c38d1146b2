"""Array namespace of torch, after a first call that makes later ones right.

Torch's elementary functions on the CPU are MKL's.  Where the first call in a process
runs on several threads, MKL 2024.2 (torch 2.13) computes the part of one of them at
half the digits, one time in eight or so: measured relative errors of 5e-5 in float32.
One call on one number, before any other, prevents it.
"""

import array_api_compat.torch
import torch

namespace = array_api_compat.torch

torch.exp(torch.zeros(1))
