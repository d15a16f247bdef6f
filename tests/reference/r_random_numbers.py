"""The random tables that R draws, so that a published bootstrap can be repeated exactly.

R's `set.seed`, its Mersenne Twister and its `rbinom` (inversion below a mean of 30, else the
BTPE algorithm of Kachitvichyanukul and Schmeiser 1988) as documented in `?Random` and `?rbinom`.
"""

from __future__ import annotations

import math

import numpy as np


class RRandom:
    """Uniform, binomial and multinomial numbers in the order in which R gives them."""

    def __init__(self, seed: int) -> None:
        key = np.empty(625, dtype=np.uint32)
        for _ in range(50):
            seed = (69069 * seed + 1) & 0xFFFFFFFF
        for at in range(625):
            seed = (69069 * seed + 1) & 0xFFFFFFFF
            key[at] = seed
        self._bits = np.random.MT19937()
        self._bits.state = {"bit_generator": "MT19937", "state": {"key": key[1:], "pos": 624}}

    def uniform(self) -> float:
        return float(int(self._bits.random_raw()) * 2.3283064365386963e-10)

    def binomial(self, n: int, probability: float) -> int:
        p = min(probability, 1 - probability)
        drawn = self._by_inversion(n, p) if n * p < 30 else self._by_rejection(n, p)
        return n - drawn if probability > 0.5 else drawn

    def multinomial(self, n: int, weights: np.ndarray) -> np.ndarray:
        probabilities = weights / weights.sum()
        drawn, left, total = np.zeros(len(weights), dtype=int), n, 1.0
        for at, probability in enumerate(probabilities[:-1]):
            if probability > 0:
                share = probability / total
                drawn[at] = self.binomial(left, share) if share < 1 else left
                left -= drawn[at]
            if left <= 0:
                return drawn
            total -= probability
        drawn[-1] = left
        return drawn

    def _by_inversion(self, n: int, p: float) -> int:
        ratio = p / (1 - p)
        while True:
            x, chance, u = 0, (1 - p) ** n, self.uniform()
            while x <= 110:
                if u < chance:
                    return x
                u -= chance
                x += 1
                chance *= ratio * (n + 1) / x - ratio

    def _by_rejection(self, n: int, p: float) -> int:
        q = 1 - p
        variance, middle = n * p * q, n * p + p
        m = int(middle)
        half = int(2.195 * math.sqrt(variance) - 4.6 * q) + 0.5
        centre = m + 0.5
        left, right = centre - half, centre + half
        c = 0.134 + 20.5 / (15.3 + m)
        slope = (middle - left) / (middle - left * p)
        left_rate = slope * (1 + 0.5 * slope)
        slope = (right - middle) / (right * q)
        right_rate = slope * (1 + 0.5 * slope)
        box = half * (1 + 2 * c)
        left_end = box + c / left_rate
        everything = left_end + c / right_rate
        ratio = p / q
        while True:
            u, v = self.uniform() * everything, self.uniform()
            if u <= half:
                return int(centre - half * v + u)
            if u <= box:
                x = left + (u - half) / c
                v = v * c + 1 - abs(centre - x) / half
                if v > 1 or v <= 0:
                    continue
                drawn = int(x)
            elif u > left_end:
                drawn = int(right - math.log(v) / right_rate)
                if drawn > n:
                    continue
                v *= (u - left_end) * right_rate
            else:
                drawn = int(left + math.log(v) / left_rate)
                if drawn < 0:
                    continue
                v *= (u - box) * left_rate
            if v <= self._relative_density(drawn, m, ratio, n):
                return drawn

    @staticmethod
    def _relative_density(drawn: int, m: int, ratio: float, n: int) -> float:
        """Density at the number drawn over that at the mode; R's short cut gives the same."""
        steps = range(min(m, drawn) + 1, max(m, drawn) + 1)
        product = math.prod(ratio * (n + 1) / i - ratio for i in steps)
        return product if drawn > m else 1 / product
