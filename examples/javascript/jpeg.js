// A JPEG's luma at reduced scale, by libjpeg-turbo compiled to WebAssembly (the npm package @cwasm/jpeg-turbo).
//
// The package's own function decodes to RGBA at full size. Its WebAssembly exports TurboJPEG's C functions, which can
// leave colour out and use smaller inverse transforms, as the package `cxr_edge` does. So they are called directly.

import { readMarkers } from "./jpeg_markers.js";
import { upright } from "./orientation.js";
import { UnreadableFilm } from "./unreadable_film.js";

const TJPF_GRAY = 6;
const SCALES = [8, 4, 2, 1]; // smallest picture first

/**
 * @param {Uint8Array} data the whole file
 * @param {[number, number]} atLeast (width, height) below which it is not reduced, pixels as stored
 * @param {WebAssembly.Module} turbo `jpeg-turbo.wasm`
 * @returns {{width: number, height: number, grey: Uint8Array}} upright; row by row, 0 black … 255 white
 * @throws {UnreadableFilm}
 */
export function decodeJpeg(data, atLeast, turbo) {
  const { width, height, exif } = readMarkers(data);
  const spare = Math.min(Math.floor(width / atLeast[0]), Math.floor(height / atLeast[1]));
  const scale = SCALES.find((one) => one <= Math.max(1, spare));
  const [across, down] = [Math.ceil(width / scale), Math.ceil(height / scale)];
  return upright({ width: across, height: down, grey: decodeLuma(data, across, down, turbo) }, exif);
}

/** A fresh instance for each film: whatever a damaged one left in its memory is gone with it. */
function decodeLuma(data, width, height, turbo) {
  const c = new WebAssembly.Instance(turbo, { env: ERRORS, wasi_snapshot_preview1: NO_SYSTEM }).exports;
  const [file, pixels, decoder] = [c.malloc(data.length), c.malloc(width * height), c.tjInitDecompress()];
  if (!file || !pixels || !decoder) throw new Error("found too little memory for a film; expected more");
  new Uint8Array(c.memory.buffer).set(data, file);
  try {
    // It returns -1 after mere warnings, too, with every pixel decoded; what it cannot decode it throws.
    c.tjDecompress2(decoder, file, data.length, pixels, width, width, height, TJPF_GRAY, 0);
  } catch {
    throw new UnreadableFilm("a truncated or damaged picture", "a complete file");
  }
  return new Uint8Array(c.memory.buffer).slice(pixels, pixels + width * height);
}

const ERRORS = {
  setjmp: () => 0,
  longjmp() {
    throw new Error("libjpeg gave up");
  },
};
const refused = () => {
  throw new Error("libjpeg asked for the system");
};
const NO_SYSTEM = {
  environ_sizes_get: () => 0, // an environment without variables
  environ_get: refused,
  proc_exit: refused,
  fd_close: refused,
  fd_seek: refused,
  fd_write: refused,
};
