// How large a film may be before it is refused undecoded: those of cxr_edge.film.source.Limits.

import { UnreadableFilm } from "./unreadable_film.js";

export const MAX_BYTES = 64 * 2 ** 20; // the largest radiographs are 14-bit, 18 megapixels, uncompressed: 36 MB
export const MAX_PIXELS = 36_000_000; // twice the largest detector in use, about 4,300 × 4,300
export const MIN_SIDE = 32; // below it there is no chest left to look at

const READABLE = "a readable picture file";

/** Throws UnreadableFilm for a file of `bytes` bytes that is empty or too large. */
export function checkBytes(bytes) {
  if (bytes === 0) throw new UnreadableFilm("an empty file", READABLE);
  if (bytes > MAX_BYTES) throw new UnreadableFilm(`more than ${thousands(MAX_BYTES)} bytes`, "a smaller file");
}

/** Throws UnreadableFilm for a picture whose header says a size, in pixels, that is beyond the limits. */
export function checkSides(width, height) {
  const found = `${width} × ${height} pixels`;
  if (Math.min(width, height) < MIN_SIDE) throw new UnreadableFilm(found, `at least ${MIN_SIDE} on each side`);
  if (width * height > MAX_PIXELS) throw new UnreadableFilm(found, `at most ${thousands(MAX_PIXELS)} pixels in all`);
}

export function thousands(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
