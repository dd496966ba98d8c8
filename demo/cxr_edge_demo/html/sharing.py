"""The page about who reaches the demo: addresses as links and QR codes."""

from __future__ import annotations

from typing import Any

from cxr_edge_demo.html.rendering import rendered
from cxr_edge_demo.web.reach import Reach
from cxr_edge_demo.words import _, _n


def sharing(reach: Reach, here: bool) -> str:
    """Every address at which the demo is reached, the widest first.

    Args:
        reach: what is reachable.
        here: whether the reader sits at the computer that runs the demo, and may stop it.
    """
    users = len(reach.exposure.users)
    whom = (
        _n("whoever knows the password", "whoever knows one of {n} passwords", users).format(n=users)
        if users
        else _("anybody, without a password")
    )
    places: list[dict[str, Any]] = []
    if reach.share_url:
        caution = _("Films pass through the servers of gradio.live. Use films that anybody may see.")
        until = reach.share_ends.isoformat(timespec="minutes")
        places.append(_place(_("The whole internet"), reach.share_url, whom, caution, until))
    if reach.network_url:
        caution = _("What is sent is not encrypted. Use a network that you trust.")
        places.append(_place(_("This network"), reach.network_url, whom, caution))
    if here:
        only = _("whoever sits at this computer")
        places.append({**_place(_("This computer"), reach.local_url, only), "code": ""})  # a phone does not reach it
    alone = not (reach.share_url or reach.network_url)
    return rendered("share", places=places, alone=alone, here=here)


def _place(title: str, url: str, who: str, caution: str = "", until: str = "") -> dict[str, Any]:
    return {"title": title, "url": url, "who": who, "caution": caution, "until": until, "code": qr_code(url)}


def qr_code(url: str) -> str:
    """The QR code of an address as SVG, black on white in light and dark, with the quiet zone that readers need."""
    import segno

    return str(segno.make(url, error="m", micro=False).svg_inline(border=4, dark="#000", light="#fff", omitsize=True))
