"""The noise level that a picture can be cleaned by without harm: no more than it surely has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rcl_calibration.fit import fit_line
from rcl_calibration.profile import SIGMA_X, NoiseProfile

MIDTONE = 0.18
"""Of linear values."""
UNSEEN, _PLAIN = 0.003, 0.012
"""σ in the mid-tones, of white: about one and four steps of 255 as displayed."""
_MOST = 2 / 3
"""Of the way from the lower end to the estimate, as logarithms: harmed no photograph that 1/2 did not."""


def cautious(profile: NoiseProfile, *, raw: bool) -> NoiseProfile:
    """The lower end of the profile's interval of σ(x), or between it and the estimate where noise is plain to see.

    The latter only of a `raw`: of other pictures the lower end says what cannot be texture. As λ_shot and λ_read, each
    0 or more; never above the profile. A denoiser that believes in too much noise takes detail for it; one that
    believes in a little less leaves grain, which nobody minds of noise that is not seen. Where the interval is narrow
    there is no difference. Profiles without one, or with noise that is correlated, stay.
    """
    if profile.sigma_ci is None or profile.covariance is not None:
        return profile
    x = np.array(SIGMA_X)
    low, high = profile.x_range or (float(x[0]), float(x[-1]))
    shot, read = [], []
    for plane, intervals in enumerate(profile.sigma_ci):
        sigma = np.maximum(np.asarray(profile.sigma(x, plane), np.float64), 1e-12)
        ratio = np.clip(np.array([lower for lower, _ in intervals]) / sigma, 0.0, 1.0) ** (
            1 - (_boldness(profile) if raw else 0)
        )
        # Beyond what was seen the interval says more of the model than of the picture.
        ratio = np.interp(np.clip(x, low, high), x, ratio)
        line = fit_line(x, (ratio * sigma) ** 2, sigma**-4)
        shot.append(min(float(line[0]), profile.shot[plane]))
        read.append(min(float(line[1]), profile.read[plane]))
    return replace(profile, shot=(shot[0], shot[1], shot[2], shot[3]), read=(read[0], read[1], read[2], read[3]))


def _boldness(profile: NoiseProfile) -> float:
    """0…_MOST."""
    seen = np.log(np.maximum(float(profile.sigma(MIDTONE)), 1e-12) / UNSEEN) / np.log(_PLAIN / UNSEEN)
    return _MOST * float(np.clip(seen, 0, 1))
