"""Universal Transverse Mercator to longitude and latitude on WGS 84 (ETRS89 differs by less than a metre).

Krüger's series in the third flattening n, to the fourth order: below a millimetre within a zone (Karney 2011,
"Transverse Mercator with an accuracy of a few nanometers", equations 26 to 36).
"""

import math

_A_M = 6_378_137.0
_F = 1 / 298.257222101
_N = _F / (2 - _F)
_E = math.sqrt(_F * (2 - _F))
_K0 = 0.9996
_FALSE_EASTING_M = 500_000.0
_RADIUS_M = _A_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_BETA = (
    _N / 2 - 2 / 3 * _N**2 + 37 / 96 * _N**3 - 1 / 360 * _N**4,
    _N**2 / 48 + _N**3 / 15 - 437 / 1440 * _N**4,
    17 / 480 * _N**3 - 37 / 840 * _N**4,
    4397 / 161_280 * _N**4,
)


def to_lonlat(zone: int, easting_m: float, northing_m: float) -> tuple[float, float]:
    """Degrees of a point on the northern half; `zone` 1 to 60."""
    xi = northing_m / (_K0 * _RADIUS_M)
    eta = (easting_m - _FALSE_EASTING_M) / (_K0 * _RADIUS_M)
    xi_, eta_ = xi, eta
    for j, beta in enumerate(_BETA, start=1):
        xi_ -= beta * math.sin(2 * j * xi) * math.cosh(2 * j * eta)
        eta_ -= beta * math.cos(2 * j * xi) * math.sinh(2 * j * eta)
    tau_ = math.sin(xi_) / math.hypot(math.sinh(eta_), math.cos(xi_))
    lon = math.degrees(math.atan2(math.sinh(eta_), math.cos(xi_))) + 6 * zone - 183
    return lon, math.degrees(math.atan(_geodetic(tau_)))


def _geodetic(conformal: float) -> float:
    """Tangent of the geodetic latitude from that of the conformal one, by Newton's method."""
    tau = conformal
    for _ in range(4):
        root = math.hypot(1, tau)
        sigma = math.sinh(_E * math.atanh(_E * tau / root))
        found = tau * math.hypot(1, sigma) - sigma * root
        slope = (1 + (1 - _E**2) * tau**2) / ((1 - _E**2) * math.hypot(1, found) * root)
        tau += (conformal - found) * slope
    return tau
