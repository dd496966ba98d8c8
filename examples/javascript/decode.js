// From the bytes of a file to an upright grey picture, or a refusal.

import { decodeJpeg } from "./jpeg.js";
import { checkBytes } from "./limits.js";
import { decodePng } from "./png.js";
import { UnreadableFilm } from "./unreadable_film.js";

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const OTHERS = { GIF8: "a GIF picture", "%PDF": "a PDF document", RIFF: "a WebP picture", "II*\0": "a TIFF picture",
  "MM\0*": "a TIFF picture" }; // prettier-ignore

/**
 * @param {Uint8Array} data the whole file
 * @param {[number, number]} size (height, width) of the network
 * @param {{turbo: WebAssembly.Module, png: object}} decoders as `decodeJpeg` and `decodePng` want them
 * @returns {{width: number, height: number, grey: Uint8Array | Uint16Array}} a JPEG at reduced scale, but at least
 *   twice the network's size where it is that large
 * @throws {UnreadableFilm}
 */
export function decode(data, [height, width], { turbo, png }) {
  checkBytes(data.length);
  if (data[0] === 0xff && data[1] === 0xd8 && data[2] === 0xff) return decodeJpeg(data, [2 * width, 2 * height], turbo);
  if (PNG.every((byte, i) => data[i] === byte)) return decodePng(data, png);
  throw new UnreadableFilm(sniff(data), "JPEG or PNG");
}

/** What a file is, by its first bytes, in words. */
function sniff(data) {
  const word = (from, to) => String.fromCharCode(...data.subarray(from, to));
  if (word(128, 132) === "DICM") return "DICOM";
  if (word(0, 4) in OTHERS) return OTHERS[word(0, 4)];
  if (data.subarray(0, 512).every((c) => (c >= 32 && c < 128) || [9, 10, 12, 13].includes(c))) return "text";
  const bytes = Array.from(data.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
  return `unknown content (first bytes ${bytes.join(" ")})`;
}
