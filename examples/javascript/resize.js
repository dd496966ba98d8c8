// From a grey picture to the pixels that the network looks at: cxr_edge.film.preprocess.squash and
// cxr_edge.film.grey.window, with Pillow's arithmetic: sums in double precision, results in single.

const SPARE = 2; // blocks leave at least so many times the network's size

/**
 * @param {{width: number, height: number, grey: Uint8Array | Uint16Array}} picture upright
 * @param {[number, number]} size (height, width) of the network; the aspect is not kept
 * @returns {Uint8Array} height × width levels, row by row, 0 black … 255 white
 */
export function networkPixels(picture, [height, width]) {
  return windowed(resized(picture, width, height));
}

/** Float32Array of `height` × `width` grey levels: blocks are averaged, then a triangle filter takes what is left. */
export function resized(picture, width, height) {
  const across = Math.max(1, Math.floor(picture.width / (SPARE * width)));
  const down = Math.max(1, Math.floor(picture.height / (SPARE * height)));
  const blocks = averaged(picture, across, down);
  const columns = weightsFor(blocks.width, Math.fround(picture.width / across), width);
  const rows = weightsFor(blocks.height, Math.fround(picture.height / down), height);
  return filtered(filtered(blocks, columns), rows).levels;
}

/** Means of blocks of `across` × `down` pixels; the last in a row or column may be of fewer. */
function averaged({ width, height, grey }, across, down) {
  const w = Math.ceil(width / across);
  const h = Math.ceil(height / down);
  const levels = new Float32Array(w * h);
  for (let y = 0; y < h; y++) {
    const bottom = Math.min((y + 1) * down, height);
    for (let x = 0; x < w; x++) {
      const right = Math.min((x + 1) * across, width);
      let sum = 0;
      for (let row = y * down; row < bottom; row++)
        for (let at = row * width + x * across; at < row * width + right; at++) sum += grey[at];
      levels[y * w + x] = sum * (1 / ((right - x * across) * (bottom - y * down)));
    }
  }
  return { width: w, height: h, levels };
}

const TRIANGLE = { reach: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) };
const CUBIC = { reach: 2, at: cubic }; // to show coarse maps smoothly

/**
 * For each of `target` places, the first pixel that counts and the weights from there on. A filter as wide as the
 * reduction is antialiased; one of fixed width would be plain bilinear, and gives other answers.
 *
 * @param {number} pixels of the row or column
 * @param {number} end where it ends, in pixels; less than `pixels` where the last block is not full
 */
function weightsFor(pixels, end, target, filter = TRIANGLE) {
  const scale = end / target;
  const wide = Math.max(1, scale);
  const reach = filter.reach * wide;
  return Array.from({ length: target }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const last = Math.min(pixels, Math.trunc(centre + reach + 0.5));
    const weights = Float64Array.from({ length: last - first }, (_, i) =>
      filter.at((i + first - centre + 0.5) * (1 / wide)),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Keys' cubic convolution with a = −1/2. */
function cubic(x) {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

/** A map of `w` × `h` values at every pixel of a picture of `width` × `height`, smoothly. */
export function spread(values, [w, h], [width, height]) {
  const map = { width: w, height: h, levels: values };
  return filtered(filtered(map, weightsFor(w, w, width, CUBIC)), weightsFor(h, h, height, CUBIC)).levels;
}

/** The rows of a picture filtered, and rows and columns swapped: done twice, both are filtered and upright again. */
function filtered({ width, height, levels }, filters) {
  const swapped = new Float32Array(filters.length * height);
  for (let place = 0; place < filters.length; place++) {
    const { first, weights } = filters[place];
    for (let row = 0; row < height; row++) {
      const start = row * width + first;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += levels[start + i] * weights[i];
      swapped[place * height + row] = sum;
    }
  }
  return { width: height, height: filters.length, levels: swapped };
}

/** Percentile 0.5 becomes 0 and 99.5 becomes 255; what lies beyond is clipped. One single grey level becomes black. */
export function windowed(levels) {
  const [bottom, top] = percentiles(levels, 0.5, 99.5);
  const pixels = new Uint8Array(levels.length);
  if (top <= bottom) return pixels;
  const [black, factor] = [Math.fround(bottom), Math.fround(255 / (top - bottom))];
  for (let i = 0; i < levels.length; i++) {
    const level = Math.fround(Math.fround(levels[i] - black) * factor);
    pixels[i] = toEven(Math.min(255, Math.max(0, level)));
  }
  return pixels;
}

/** Percentiles, 0…100, interpolated linearly between the two values next to them in order. */
export function percentiles(values, ...wanted) {
  const ordered = values.slice().sort(); // typed arrays sort by number
  const last = ordered.length - 1;
  return wanted.map((share) => {
    const at = (share / 100) * last;
    const [low, high] = [ordered[Math.floor(at)], ordered[Math.min(Math.floor(at) + 1, last)]];
    return low + (at - Math.floor(at)) * (high - low);
  });
}

/** The nearest whole number; halves go to the even one, as in numpy. */
function toEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
