"""What tests do to a page of the demo in a browser."""

import base64

import numpy as np
from PIL import Image

PATIENCE = 30_000  # ms; a busy computer is no failure
CONTRAST = """() => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const low = [];
  for (const e of document.querySelectorAll('.gradio-container *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const box = e.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    const behind = [];
    for (let a = e; a; a = a.parentElement) behind.unshift(getComputedStyle(a).backgroundColor);
    const a = light(paint(['white', ...behind])), b = light(paint(['white', ...behind, getComputedStyle(e).color]));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) low.push(e.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(2));
  }
  return low;
}"""


def drop(page, where, *files):
    page.locator(f"#drop-{where} input[type=file]").set_input_files(files)


def drop_by_hand(page, where, file):
    """What a mouse would do, onto any element."""
    script = """([where, name, data]) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], name, {type: 'image/png'}));
      const event = new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer});
      const place = document.querySelector(where);
      (place.querySelector('.progress-bar, .wrap') ?? place).dispatchEvent(event);
      if (!event.defaultPrevented) throw new Error('the browser would open the film in the place of the page');
    }"""
    page.evaluate(script, [where, file.name, base64.b64encode(file.read_bytes()).decode()])


def tab(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def source(page, where):
    return page.locator(f"#{where} img").get_attribute("src", timeout=PATIENCE)


def noise(path, seed=0, side=900):
    """A picture that compresses badly, so that it takes a while to send."""
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (side, side), np.uint8)).save(path)
    return path


def slow_down(page, bytes_a_second):
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    network.send("Network.emulateNetworkConditions", limits)
