"""Where the viewer reads a film from: for whoever may read the page, and for nobody else."""

import io
import json
import urllib.error
import urllib.request

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")
from gradio_client import Client

from cxr_edge_demo.comparison import comparison_models
from cxr_edge_demo.store.held_films import HeldFilm
from cxr_edge_demo.timed_scoring import score
from cxr_edge_demo.viewer.shown_films import ShownFilms
from cxr_edge_demo.web.exposure import VARIABLE
from helpers import encoded
from viewer_page import token_of


@pytest.fixture(scope="module")
def server(tmp_path_factory, start):
    return start(tmp_path_factory.mktemp("demo"))


def get(server, path, **headers):
    return urllib.request.urlopen(urllib.request.Request(f"{server.url}/{path}", headers=headers), timeout=30)


def test_a_film_is_described_and_sent(server, phantoms):
    token = token_of(server, phantoms["opacity_both"])
    answer = get(server, f"cxr/film/{token}.json")
    assert answer.headers["Cache-Control"] == "no-store"
    facts = json.load(answer)
    grey = Image.open(phantoms["opacity_both"]).convert("L")
    assert (facts["width"], facts["height"], facts["bits"], facts["capped"]) == (*grey.size, 8, None)
    assert facts["window"] == facts["presets"][0]
    assert facts["lungs"]
    assert facts["contours"][0]["lines"]  # though the answer itself was made without a heatmap
    assert phantoms["opacity_both"].stem not in json.dumps(facts)
    picture = get(server, facts["pixels"])
    assert picture.headers["Cache-Control"] == "no-store"
    assert picture.headers["Content-Type"] == "image/png"
    assert np.array_equal(Image.open(io.BytesIO(picture.read())), grey)
    assert Image.open(io.BytesIO(get(server, facts["wash"]).read())).mode == "RGBA"


@pytest.mark.parametrize("ending", [".json", ".png", ".wash.png"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_unknown_token_gets_a_sentence(server, ending, language):
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(server, f"cxr/film/AAAAAAAAAAAAAAAAAAAAAA{ending}", **{"Accept-Language": language})
    assert caught.value.code == 404
    assert caught.value.headers["Cache-Control"] == "no-store"
    detail = json.load(caught.value)["detail"]
    assert detail.endswith(".")
    assert len(detail) > 20


def test_a_token_is_no_path(server):
    for path in ("cxr/film/../../etc/passwd.json", "cxr/film/%2e%2e%2fconfig.json", "cxr/film/.json"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(server, path)


def test_a_film_needs_the_password_too(start, tmp_path, phantoms):
    locked = start(tmp_path, **{VARIABLE: "anna:correct horse"})
    known = Client(locked.url, auth=("anna", "correct horse"), verbose=False)
    from gradio_client import handle_file

    token = known.predict(film=handle_file(phantoms["clear"]), api_name="/predict")["token"]
    for ending in (".json", ".png", ".wash.png"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            get(locked, f"cxr/film/{token}{ending}")
    form = b"username=anna&password=correct+horse"
    login = urllib.request.urlopen(f"{locked.url}/login", form, timeout=30)
    cookies = "; ".join(cookie.partition(";")[0] for cookie in login.headers.get_all("Set-Cookie"))
    assert json.load(get(locked, f"cxr/film/{token}.json", Cookie=cookies))["width"] == 448


@pytest.fixture
def held(classifier, phantoms):
    film = phantoms["opacity_both"].read_bytes()
    return HeldFilm(film, "film.png", (score(classifier, film, "film.png"),))


def test_the_second_answer_has_marks_of_its_own(service, phantoms):
    film = phantoms["opacity_both"].read_bytes()
    names = service.models.names
    held = HeldFilm(film, "film.png", tuple(score(service.models.get(name), film, "film.png") for name in names[:2]))
    shown = ShownFilms()
    first, second = (shown.description("token", held, answer) for answer in (0, 1))
    assert first["pixels"] == second["pixels"]
    assert first["contours"] != second["contours"]
    assert second["wash"].endswith("?answer=1")


def test_a_model_that_does_not_say_where_it_looked_gives_no_marks(tiny, phantoms):
    film = phantoms["clear"].read_bytes()
    held = HeldFilm(film, "film.png", (score(tiny, film, "film.png"),))
    facts = ShownFilms().description("token", held, 0)
    assert (facts["contours"], facts["wash"], facts["lungs"]) == ([], None, False)
    assert ShownFilms().wash("token", held, 0) is None


def test_a_model_without_lungs_says_so(service, phantoms):
    name = comparison_models()[0].name
    if not service.models.get(name).has_heatmap:
        pytest.skip(f"{name} does not say where it looked")
    film = phantoms["opacity_both"].read_bytes()
    held = HeldFilm(film, "film.png", (score(service.models.get(name), film, "film.png"),))
    assert not ShownFilms().description("token", held, 0)["lungs"]


def test_a_large_film_is_capped_with_a_sentence(classifier):
    film = encoded(Image.fromarray(np.full((1000, 5000), 99, np.uint8)), "PNG")
    held = HeldFilm(film, "film.png", (score(classifier, film, "film.png", picture=False),))
    facts = ShownFilms().description("token", held, 0)
    assert (facts["width"], facts["height"]) == (4096, 819)
    assert "5000 × 1000" in facts["capped"]
    assert "4096 × 819" in facts["capped"]


def test_a_film_is_decoded_once(held, monkeypatch):
    shown, decoded = ShownFilms(), []
    from cxr_edge_demo.viewer import shown_films

    whole = shown_films.shown_film
    monkeypatch.setattr(shown_films, "shown_film", lambda data: decoded.append(data) or whole(data))
    shown.description("token", held, 0)
    assert shown.ready("token", held).png == shown.ready("token", held).png
    assert len(decoded) == 1
