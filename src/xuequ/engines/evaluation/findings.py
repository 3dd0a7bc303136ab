"""What the parts of this engine share: the array type and remarks, which are codes with numbers and no prose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a reader must know: a code, the numbers it goes with, and the index or rater it is about."""

    code: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    name: str = ""
