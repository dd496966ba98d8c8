// Draws the part of a film that is seen, pixel by pixel: the effort goes with the screen, not with the film.
{
  const PIXELS_SEEN = 4; // zoom from which a pixel of the film is a sharp square; below, greys are interpolated
  const ONE = 128; // weights are whole numbers of 7 bits: 65535 · 128 · 128 still is one of 31
  const ROWS = 4; // of the film, kept while the next row of the screen is made of up to three of them

  // For each place of a line of the screen: up to three neighbours in the film, and their weights, which add up to ONE.
  // Zoomed out, a place is the mean of what lies under it; zoomed in, it lies between two pixels, or is the nearest one.
  const neighbours = (from, to, origin, zoom, count, sharp) => {
    const n = to - from;
    const index = [0, 1, 2].map(() => new Int32Array(n));
    const weight = [0, 1, 2].map(() => new Int32Array(n));
    const half = sharp ? 0 : Math.max(1, 1 / zoom) / 2; // of the film's pixels under a place
    let plain = true;
    for (let i = 0; i < n; i++) {
      const middle = (from + i + 0.5 - origin) / zoom;
      const start = middle - half;
      const first = Math.floor(start);
      const left = half ? Math.min(1, (first + 1 - start) / (2 * half)) : 1;
      const right = half ? Math.max(0, (middle + half - first - 2) / (2 * half)) : 0;
      weight[0][i] = Math.round(left * ONE);
      weight[2][i] = Math.round(right * ONE);
      weight[1][i] = ONE - weight[0][i] - weight[2][i];
      for (let k = 0; k < 3; k++) index[k][i] = Math.min(count - 1, Math.max(0, first + k));
      plain &&= weight[0][i] === ONE;
    }
    return { index, weight, plain };
  };

  // Rows of a film as they look on the screen, times ONE.
  class Rows {
    constructor({ width, levels }, { index, weight }) {
      Object.assign(this, { width, levels, index, weight });
      this.kept = Array.from({ length: ROWS }, () => ({ row: -1, values: new Int32Array(index[0].length) }));
    }

    at(row) {
      const kept = this.kept[row % ROWS];
      if (kept.row === row) return kept.values;
      kept.row = row;
      const { levels } = this;
      const { values } = kept;
      const start = row * this.width;
      const [a, b, c] = this.index;
      const [u, v, w] = this.weight;
      for (let i = 0; i < values.length; i++) {
        values[i] = levels[start + a[i]] * u[i] + levels[start + b[i]] * v[i] + levels[start + c[i]] * w[i];
      }
      return values;
    }
  }

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
      const across = neighbours(left, right, view.origin.x, zoom, width, sharp);
      const down = neighbours(top, bottom, view.origin.y, zoom, height, sharp);
      const { pixels } = this;
      const n = right - left;
      const rows = new Rows({ width, levels }, across);
      for (let j = 0; j < bottom - top; j++) {
        const to = (top + j) * view.screen.width + left;
        const [first, second, third] = down.index.map((index) => index[j]);
        if (across.plain && down.plain) {
          const row = first * width;
          const xs = across.index[0];
          for (let i = 0; i < n; i++) pixels[to + i] = table[levels[row + xs[i]]];
          continue;
        }
        const [u, v, w] = down.weight.map((weight) => weight[j]);
        const [a, b, c] = [rows.at(first), rows.at(second), rows.at(third)];
        for (let i = 0; i < n; i++) pixels[to + i] = table[(a[i] * u + b[i] * v + c[i] * w + 8192) >> 14];
      }
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { FilmCanvas });
}
