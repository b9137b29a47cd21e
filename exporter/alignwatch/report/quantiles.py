"""How long most operations took, from the counts of a histogram: as near as its buckets allow."""

import math
from collections.abc import Mapping
from itertools import pairwise


def quantile(share: float, buckets: Mapping[float, float]) -> float | None:
    """An estimate of the value that a share of all is not above.

    Within a bucket all values are taken to be spread evenly, as ``histogram_quantile`` does; what lies above
    the highest finite bound is told as that bound.

    Args:
        share: between 0 and 1.
        buckets: upper bound -> how many are not above it; with infinity.

    Returns:
        None where there are none.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0
    if total <= 0 or not math.isinf(bounds[-1]):
        return None
    wanted = share * total
    for (lower, below), (upper, up_to) in pairwise([(0.0, 0.0), *((one, buckets[one]) for one in bounds)]):
        if up_to >= wanted and up_to > below:
            within = (wanted - below) / (up_to - below)
            return lower if math.isinf(upper) else lower + (upper - lower) * within
    return None
