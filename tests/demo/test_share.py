"""Who reaches the demo is said, and only this computer stops it."""

import json
import re
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio")
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cxr_edge_demo.html.sharing import qr_code, sharing
from cxr_edge_demo.routes.share import add_share_routes
from cxr_edge_demo.web.exposure import VARIABLE, Exposure
from cxr_edge_demo.web.reach import Reach, at_this_computer, own_address

ANNA = (("anna", "12345678"),)


def request(host="127.0.0.1:7860", client="127.0.0.1", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(headers={"host": host, **headers}, client=SimpleNamespace(host=client))


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "localhost"])
def test_a_browser_at_this_computer_may_stop_it(host):
    assert at_this_computer(request(host))
    assert at_this_computer(request(host, origin=f"http://{host}"))


@pytest.mark.parametrize(
    "other",
    [
        request(client="192.0.2.7"),
        request(client="testclient"),
        request("192.0.2.1:7860"),
        request("abc.gradio.live"),  # out of the tunnel, whose end is on this computer
        request(x_forwarded_for="198.51.100.1"),
        request(x_forwarded_host="abc.gradio.live"),
        request(forwarded="for=198.51.100.1"),
        request(via="1.1 proxy"),
        request("rebound.example:7860"),
        request(origin="https://elsewhere.example"),
        request(origin="http://127.0.0.1:9999"),
        request(origin="null"),
    ],
)
def test_nobody_else_may(other):
    assert not at_this_computer(other)


def share_client(reach, base="http://127.0.0.1:7860", client=("127.0.0.1", 5)):
    app = FastAPI()
    app.add_api_route("/config", lambda: {}, dependencies=[])
    add_share_routes(app, reach)
    return TestClient(app, base_url=base, client=client)


def test_the_endpoint_stops_for_this_computer_and_refuses_others():
    reach = Reach(Exposure("0.0.0.0", False, ANNA, False), 7860)
    for other in (
        share_client(reach, client=("192.0.2.7", 5)),
        share_client(reach, base="http://abc.gradio.live"),
    ):
        assert other.post("/cxr/stop", json={"stop": True}).status_code == 404
        assert "cxr-stop" not in other.get("/cxr/share.json").json()["page"]
        assert "Only the computer that runs the demo" in other.get("/cxr/share.json").json()["page"]
    here = share_client(reach)
    assert here.post("/cxr/stop", json={"stop": True}, headers={"x-forwarded-for": "1.2.3.4"}).status_code == 404
    assert here.post("/cxr/stop", content=b"stop=true").status_code in (404, 422)  # what a form of another site sends
    assert here.post("/cxr/stop", json={}).status_code == 404
    assert not reach.stop.is_set()
    assert "cxr-stop" in here.get("/cxr/share.json").json()["page"]
    assert here.post("/cxr/stop", json={"stop": True}).json() == {"stopped": True}
    assert reach.stop.is_set()


def test_every_address_says_who_and_until_when():
    alone = sharing(Reach(Exposure("127.0.0.1", False, (), False), 7860), here=True)
    assert "http://127.0.0.1:7860/" in alone
    assert "<svg" not in alone  # a phone cannot reach it
    assert "Nobody else reaches this demo" in alone
    reach = Reach(Exposure("0.0.0.0", True, ANNA, False), 7860, "https://abc.gradio.live")
    page = sharing(reach, here=False)
    assert reach.network_url == f"http://{own_address()}:7860/"
    assert all(url in page for url in ("https://abc.gradio.live", reach.network_url))
    assert page.count("<svg") == 2
    assert page.count("whoever knows the password") == 2
    assert (reach.share_ends - reach.began).days == 7
    assert f'datetime="{reach.share_ends.isoformat(timespec="minutes")}"' in page
    assert "not encrypted" in page
    assert "gradio.live" in page
    everybody = sharing(Reach(Exposure("127.0.0.1", True, (), True), 7860, "https://abc.gradio.live"), here=False)
    assert "anybody, without a password" in everybody


def test_a_qr_code_is_dark_on_light_with_room_around_it():
    code = qr_code("https://abc.gradio.live")
    assert code.startswith("<svg")
    assert 'fill="#fff"' in code
    assert re.search(r'viewBox="0 0 (\d+)', code)[1] == str(25 + 2 * 4)  # version 2, and four modules of quiet zone
    assert qr_code("https://abc.gradio.live") != qr_code("https://xyz.gradio.live")


def test_one_button_stops_the_demo(new_page, start, tmp_path):
    from playwright.sync_api import expect

    from browser_page import PATIENCE, tab

    server = start(tmp_path)
    page = new_page()
    page.goto(server.url)
    tab(page, "Share")
    expect(page.locator("cxr-share")).to_contain_text(f"{server.url}/", timeout=PATIENCE)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Stop the demo for everybody").click()
    page.wait_for_timeout(500)
    assert server.process.poll() is None  # somebody thought better of it
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Stop the demo for everybody").click()
    expect(page.locator("cxr-share")).to_contain_text("The demo has stopped", timeout=PATIENCE)
    assert server.process.wait(30) == 0
    assert not server.uploads.exists()


def test_the_running_demo_asks_for_the_password_before_it_stops(start, tmp_path):
    locked = start(tmp_path, **{VARIABLE: "anna:correct horse"})
    ask = urllib.request.Request(
        f"{locked.url}/cxr/stop", json.dumps({"stop": True}).encode(), {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(ask, timeout=30)
    assert locked.process.poll() is None
