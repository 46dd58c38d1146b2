"""Peak of the memory that torch's tensors take, by torch's own accounting."""

from torch.profiler import ProfilerActivity, profile


def peak_bytes(function):
    """Largest number of bytes that a call holds at once, beyond those held before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = function()  # held until the end, as its caller would
    events = profiler.profiler.kineto_results.events()
    changes = [(e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]"]
    held = peak = 0
    for _, change in sorted(changes, key=lambda pair: pair[0]):
        held += change
        peak = max(peak, held)
    del result
    return peak
