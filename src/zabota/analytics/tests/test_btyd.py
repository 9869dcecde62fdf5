"""Models of coming and of spending against published figures at their printed digits and against an independent program."""

from __future__ import annotations

import warnings
from pathlib import Path

import lifetimes
import numpy as np
import pandas as pd
import pytest
from lifetimes import BetaGeoFitter
from scipy.integrate import quad
from scipy.special import betaln

from zabota.analytics.rules.btyd import Coming, Histories, compressed, fit_coming
from zabota.analytics.rules.btyd_money import correlation, fit_spending, present_value
from zabota.analytics.rules.btyd_recall import fit_recalled

#: Parameters with which the published predictions were made.
PRINTED = Coming(0.243, 4.414, 0.793, 2.426)


def published(name: str) -> pd.DataFrame:
    """A table that the independent program carries; its own loader needs a module that new installations lack."""
    return pd.read_csv(Path(lifetimes.__file__).parent / "datasets" / name)


@pytest.fixture(scope="module")
def cdnow() -> dict[str, np.ndarray]:
    """2 357 customers of CDNOW, weeks."""
    table = published("cdnow_customers_summary_with_transactions.csv")
    table.columns = ["customer_id", "frequency", "recency", "T", "monetary_value"]
    table = table.set_index("customer_id")
    names = {"x": "frequency", "t_x": "recency", "age": "T", "mean": "monetary_value"}
    return {name: table[column].to_numpy(float) for name, column in names.items()}


def histories(data: dict[str, np.ndarray]) -> Histories:
    return Histories(data["x"], data["t_x"], data["age"], np.ones(len(data["x"])))


def drawn(people: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Histories of patients who really come and leave as the model says; days."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(0.6, 1 / 6.0, people), rng.beta(0.9, 2.4, people)
    age = rng.integers(180, 400, people)
    x, t_x = np.zeros(people, int), np.zeros(people, int)
    for place in range(people):
        time = 0.0
        while (time := time + rng.exponential(7 / rate[place])) <= age[place]:
            x[place], t_x[place] = x[place] + 1, int(time)
            if rng.random() < leave[place]:
                break
    return x, t_x, age


def test_bg_nbd_of_cdnow_is_that_of_the_paper(cdnow):
    found = fit_coming(histories(cdnow), modified=False)
    assert round(found.r, 3) == 0.243
    assert round(found.alpha, 3) == 4.414
    assert round(found.a, 3) == 0.793
    assert round(found.b, 3) == 2.426
    assert round(found.log_likelihood, 1) == -9582.4
    assert [round(each, 4) for each in (found.r, found.a, found.b)] == pytest.approx([0.2426, 0.7929, 2.4259], abs=2e-4)


def test_what_is_expected_of_a_newcomer_is_what_the_published_table_says(cdnow):
    found = fit_coming(histories(cdnow), modified=False)
    times = {0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437}
    assert {t: round(float(found.expected_of_new(t)), 4) for t in times} == times
    # The table was made with its own estimate, which differs in the fourth digit: twice the time shows it.
    assert float(found.expected_of_new(78)) == pytest.approx(1.8576, abs=5e-4)


def test_mbg_nbd_of_cdnow_and_the_one_visit_patient_who_may_have_left(cdnow):
    found = fit_coming(histories(cdnow))
    assert [round(each, 3) for each in (found.r, found.alpha, found.a, found.b)] == [0.525, 6.183, 0.891, 1.614]
    assert round(float(found.alive(0, 0, 38.86)), 3) == 0.390
    assert float(fit_coming(histories(cdnow), modified=False).alive(0, 0, 38.86)) == 1.0


def test_predictions_at_the_printed_parameters():
    assert round(float(PRINTED.expected(39, 2, 30.43, 38.86)), 3) == 1.226
    assert round(float(PRINTED.alive(2, 30.43, 38.86)), 4) == 0.7266
    assert PRINTED.chance_of(0, 39) == pytest.approx(0.5737864, abs=5e-8)
    assert PRINTED.chance_of(10, 2) == pytest.approx(1.07869e-07, rel=5e-6)
    assert [round(PRINTED.chance_of(n, 30), 7) for n in (11, 12, 13, 14)] == [
        0.0019995,
        0.0015170,
        0.0011633,
        0.0009003,
    ]


def test_gamma_gamma_of_cdnow(cdnow):
    buyers = cdnow["x"] > 0
    x, mean = cdnow["x"][buyers], cdnow["mean"][buyers]
    found = fit_spending(x, mean)
    assert len(x) == 946
    assert [round(found.p, 2), round(found.q, 2), round(found.v, 2)] == pytest.approx([6.25, 3.74, 15.44], abs=0.011)
    assert round(found.log_likelihood, 2) == -4055.92
    ten = found.expected(cdnow["x"][:10], cdnow["mean"][:10])
    assert ten == pytest.approx([24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17], abs=0.1)
    assert round(correlation(x, mean), 2) == 0.11


def test_bg_bb_of_the_donors():
    table = published("donations.csv")
    x, t_x, n, weight = (table[name].to_numpy(float) for name in ("frequency", "recency", "periods", "weights"))
    assert weight.sum() == 11_104
    found = fit_recalled(x, t_x, n, weight)
    printed = [1.204, 0.750, 0.657, 2.783]
    assert [found.alpha, found.beta, found.gamma, found.delta] == pytest.approx(printed, abs=6e-4)
    assert round(found.log_likelihood, 2) == -33225.58
    assert [round(float(each), 2) for each in found.alive([0, 2, 6], [0, 4, 6], [6, 6, 6])] == [0.11, 0.59, 0.93]
    assert round(float(weight @ found.expected(5, x, t_x, n)), 1) == pytest.approx(12884.2, abs=0.5)


def test_compressed_histories_give_what_rows_give_and_what_the_peer_gives():
    x, t_x, age = drawn(4000, seed=3)
    packed = compressed(x, t_x, age)
    assert packed.weight.sum() == 4000
    rows = Histories(x.astype(float), t_x / 7, age / 7, np.ones(4000))
    ours, plain = fit_coming(packed, modified=False), fit_coming(rows, modified=False)
    assert [ours.r, ours.alpha, ours.a, ours.b] == pytest.approx([plain.r, plain.alpha, plain.a, plain.b], rel=1e-4)
    assert ours.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = BetaGeoFitter()
        peer.fit(x, t_x / 7, age / 7)
    assert [ours.r, ours.alpha, ours.a, ours.b] == pytest.approx(peer.params_.to_numpy(), rel=2e-3)
    theirs = peer.conditional_expected_number_of_purchases_up_to_time(52, x[:50], t_x[:50] / 7, age[:50] / 7)
    assert ours.expected(52, x[:50], t_x[:50] / 7, age[:50] / 7) == pytest.approx(np.asarray(theirs), rel=5e-3)


def test_the_chance_to_return_is_no_more_than_being_alive_and_grows_with_time():
    model = Coming(0.525, 6.183, 0.891, 1.614, modified=True)
    near, far = (float(model.returns(t, 2, 20.0, 30.0)) for t in (4, 400))
    assert 0 < near < far < float(model.alive(2, 20.0, 30.0))


def test_discounting_lowers_the_value_and_no_discount_is_visits_times_bill():
    model = Coming(0.525, 6.183, 0.891, 1.614, modified=True)
    x, t_x, age = np.array([2.0]), np.array([20.0]), np.array([30.0])
    bill = np.array([5000.0])
    plain = present_value(model, bill, x, t_x, age, months=12, yearly_rate=0.0, month=4.35)
    assert plain[0] == pytest.approx(5000 * model.expected(12 * 4.35, x, t_x, age)[0])
    assert present_value(model, bill, x, t_x, age, months=12, yearly_rate=0.2, month=4.35)[0] < plain[0]


@pytest.mark.parametrize(
    ("s", "p", "q", "z"),
    [(2.3, 3882.8, 8104, -2.02), (20, 5, 120, -10), (0.3, 400, 900, -7), (7, 50, 9, -1.5), (20, 3900, 8000, -10)],
)
def test_expected_visits_are_a_number_where_the_library_gives_up_or_errs(
    s: float, p: float, q: float, z: float
) -> None:
    """Against Euler's integral by an adaptive rule."""

    def each(t: float) -> float:
        return float(np.exp((p - 1) * np.log(t) + (q - 1) * np.log1p(-t) - betaln(p, q) - s * np.log1p(-z * t)))

    middle, spread = p / (p + q), (p * q / (p + q) ** 2 / (p + q + 1)) ** 0.5
    points = [max(middle - 4 * spread, 1e-9), middle, min(middle + 4 * spread, 1 - 1e-9)]
    mean = quad(each, 1e-15, 1 - 1e-15, points=points, limit=400, epsabs=0, epsrel=1e-11)[0]

    model = Coming(s, 1 / -z, p + 1, q - 1, modified=True)
    factor = (p + q) / p
    assert model.expected(1.0, 0, 0, 0) == pytest.approx(factor * (1 - mean) * model.alive(0, 0, 0), rel=2e-6)


def test_a_few_alike_patients_have_a_value_that_is_a_number() -> None:
    model = Coming(2.2776023814597526, 42.873299803288496, 3883.809654773234, 8103.083927575384, modified=True)
    x, t_x, age = np.array([0.0, 3.0]), np.array([0.0, 8.714]), np.array([6.571, 8.857])
    months = np.array([model.expected(4.345 * month, x, t_x, age) for month in range(1, 25)])
    assert np.isfinite(months).all()
    assert (np.diff(months, axis=0) >= 0).all(), "visits expected grow with time"
