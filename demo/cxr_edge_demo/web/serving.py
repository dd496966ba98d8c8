"""Start the web server, and leave nothing behind when it ends."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import Any

from cxr_edge import Classifier, CxrEdgeError
from cxr_edge.film.source import Limits
from cxr_edge.wording import RESEARCH_ONLY
from cxr_edge_demo.offered_models import OfferedModels
from cxr_edge_demo.routes.addresses import Addresses
from cxr_edge_demo.service import Service
from cxr_edge_demo.store.feedback import Feedback
from cxr_edge_demo.web.exposure import Exposure
from cxr_edge_demo.web.no_outgoing import forbid_other_computers
from cxr_edge_demo.web.reach import Reach
from cxr_edge_demo.web.request_bounds import RequestBounds
from cxr_edge_demo.web.separate_uploads import SeparateUploads
from cxr_edge_demo.web.uploads import Uploads
from cxr_edge_demo.words.translator import FOLDER, Catalogue, clinic_catalogue

_SESSIONS = 500  # pages whose state is remembered
_ENVIRONMENT = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


def serve(
    chosen: Classifier | None,
    file: Path,
    exposure: Exposure,
    port: int,
    per_minute: int,
    words: Path | None = None,
) -> None:
    """Serve until interrupted, or stopped from a page on this computer.

    Args:
        chosen: the operator's model, or None for the bundled ones alone.
        file: of feedback.
        exposure: who may reach it, already checked.
        port: TCP port to listen on.
        per_minute: requests for each client.
        words: a folder of PO files, for other languages than those that come with the demo.

    Raises:
        CxrEdgeError: the port is taken, the file is unusable, or no share link could be made.
    """
    _check_port(exposure.host, port)
    catalogue = Catalogue((FOLDER,)) if words is None else clinic_catalogue(words)
    feedback = Feedback(file)
    uploads = Uploads(file.with_name(f"{file.stem}.uploads-{port}"))
    os.environ |= {**_ENVIRONMENT, "GRADIO_TEMP_DIR": str(uploads.folder.resolve())}
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        service = Service(OfferedModels(chosen), feedback, uploads)
        reach = Reach(exposure, port)
        if not exposure.share:  # making the link asks other computers; everything else needs none
            forbid_other_computers([exposure.host])
        addresses = Addresses(service, reach)
        app = _launch(service, addresses, reach, per_minute, catalogue)
        forbid_other_computers([exposure.host])
        uploads.sweep_until_closed(addresses.drop_old)
        for line in (*exposure.sentences(app.local_url, app.share_url), RESEARCH_ONLY):
            print(line, flush=True)
        try:
            reach.stop.wait()
        finally:
            app.close(verbose=False)
    finally:
        uploads.close()
        feedback.close()


def _launch(service: Service, addresses: Addresses, reach: Reach, per_minute: int, catalogue: Catalogue) -> Any:
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from cxr_edge_demo.app import build
    from cxr_edge_demo.html.theme import head, theme
    from cxr_edge_demo.web.private_errors import keep_messages_out_of_logs
    from cxr_edge_demo.words.languages import Languages

    keep_messages_out_of_logs()
    exposure = reach.exposure
    guards = [
        Middleware(Languages, catalogue=catalogue),
        Middleware(RequestBounds, per_minute=per_minute, behind_tunnel=exposure.share),
        Middleware(SeparateUploads, folder=service.uploads.folder),
    ]
    if exposure.local:  # a page of another site cannot reach in under a name of its own
        guards.append(Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"]))
    app = build(service, catalogue)
    app.launch(
        server_name=exposure.host,
        server_port=reach.port,
        share=exposure.share,
        auth=list(exposure.users) or None,
        auth_message=RESEARCH_ONLY,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,  # our own sentences are shown all the same
        max_file_size=Limits().max_bytes,
        footer_links=[],
        run_history=False,  # would keep films in the browser
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        state_session_capacity=_SESSIONS,
        theme=theme(),
        head=head(),
        app_kwargs={
            "middleware": guards,
            "lifespan": addresses.lifespan,
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    )
    reach.share_url = app.share_url or ""
    if exposure.share and not app.share_url:
        app.close(verbose=False)
        raise CxrEdgeError("found no way to make a share link; expected the internet, and gradio.live in reach")
    return app


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CxrEdgeError(f"{host}:{port}: found {error.strerror}; expected a free port: --port N") from None


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt
