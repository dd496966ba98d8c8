// Draws the part of a film that is seen, pixel by pixel: the effort goes with the screen, not with the film.
{
  const PIXELS_SEEN = 4; // zoom from which a pixel of the film is a sharp square; below, greys are interpolated
  const ONE = 128; // weights are whole numbers of 7 bits: 65535 · 128 · 128 still is one of 31

  // For each place of a line from `from` to `to`: the sample at or before it, and the weight of the next one.
  const samples = (from, to, origin, zoom, count, sharp) => {
    const index = new Int32Array(to - from);
    const weight = new Int32Array(to - from);
    for (let i = from; i < to; i++) {
      const place = (i + 0.5 - origin) / zoom;
      const before = sharp ? Math.floor(place) : Math.floor(place - 0.5);
      index[i - from] = Math.min(count - 1, Math.max(0, before));
      weight[i - from] = sharp || before < 0 || before >= count - 1 ? 0 : Math.round((place - 0.5 - before) * ONE);
    }
    return { index, weight, plain: weight.every((w) => w === 0) };
  };

  class FilmCanvas {
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext("2d", { willReadFrequently: true });
    }

    clear() {
      this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    }

    draw(film, view, table) {
      const { width, height } = view.screen;
      if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
        Object.assign(this.canvas, { width, height });
        this.image = this.context.createImageData(width, height);
        this.pixels = new Uint32Array(this.image.data.buffer);
      }
      const { x: ox, y: oy } = view.origin;
      const left = Math.max(0, ox);
      const top = Math.max(0, oy);
      const right = Math.min(width, Math.round(ox + film.width * view.zoom));
      const bottom = Math.min(height, Math.round(oy + film.height * view.zoom));
      this.pixels.fill(0);
      if (right > left && bottom > top) this.fill(film, view, table, { left, top, right, bottom });
      this.context.putImageData(this.image, 0, 0);
    }

    fill(film, view, table, { left, top, right, bottom }) {
      const size = Math.min(film.copies.length - 1, Math.max(0, Math.floor(Math.log2(1 / view.zoom))));
      const { width, height, levels } = film.copies[size];
      const zoom = view.zoom * 2 ** size;
      const sharp = view.zoom >= PIXELS_SEEN;
      const across = samples(left, right, view.origin.x, zoom, width, sharp);
      const down = samples(top, bottom, view.origin.y, zoom, height, sharp);
      const { pixels } = this;
      const stride = view.screen.width;
      const n = right - left;
      const xs = across.index;
      const xw = across.weight;
      for (let j = 0; j < bottom - top; j++) {
        const to = (top + j) * stride + left;
        const row = down.index[j] * width;
        const v = down.weight[j];
        if (v === 0 && across.plain) {
          for (let i = 0; i < n; i++) pixels[to + i] = table[levels[row + xs[i]]];
          continue;
        }
        const next = v === 0 ? row : row + width;
        const u = ONE - v;
        for (let i = 0; i < n; i++) {
          const w = xw[i];
          const a = row + xs[i];
          const b = next + xs[i];
          const step = w === 0 ? 0 : 1;
          const upper = levels[a] * (ONE - w) + levels[a + step] * w;
          const lower = levels[b] * (ONE - w) + levels[b + step] * w;
          pixels[to + i] = table[(upper * u + lower * v + 8192) >> 14];
        }
      }
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { FilmCanvas });
}
