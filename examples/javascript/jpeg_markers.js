// What the markers of a JPEG file say, before anything is decoded.

import { checkSides, thousands } from "./limits.js";
import { UnreadableFilm } from "./unreadable_film.js";

const MAX_SCANS = 100; // progressive films have about ten, and each costs a pass over the whole picture
const MAX_MARKERS = 10_000; // films have some twenty
const [START_OF_SCAN, END_OF_IMAGE, APP1] = [0xda, 0xd9, 0xe1];
const NOT_FRAMES = [0xc4, 0xc8, 0xcc]; // of 0xC0 to 0xCF: tables, and one that is reserved
const EXPECTED = "a complete film, grey or with 8 bits a channel";

/**
 * @param {Uint8Array} data the whole file
 * @returns {{width: number, height: number, exif: Uint8Array | null}} stored size in pixels; the EXIF block from its
 *   TIFF header on
 * @throws {UnreadableFilm} a broken header, a picture beyond the limits, another depth, four channels, no end (which
 *   libjpeg would make up), or scans or markers without end
 */
export function readMarkers(data) {
  let [position, scans, frame, exif] = [2, 0, null, null];
  for (let count = 0; count < MAX_MARKERS; count++) {
    position = nextMarker(data, position);
    if (position < 0 && !scans) throw new UnreadableFilm("a picture with a broken header", "a complete file");
    if (position < 0) throw new UnreadableFilm("a truncated JPEG (no end marker)", EXPECTED);
    const kind = data[position + 1];
    const length = (data[position + 2] << 8) | data[position + 3];
    const body = data.subarray(position + 4, position + 2 + length);
    if (kind === END_OF_IMAGE && frame && scans) return { ...frame, exif };
    if (kind >= 0xc0 && kind <= 0xcf && !NOT_FRAMES.includes(kind)) frame ??= readFrame(body);
    if (kind === APP1 && String.fromCharCode(...body.subarray(0, 6)) === "Exif\0\0") exif ??= body.subarray(6);
    if ((kind === START_OF_SCAN && !frame) || (kind === END_OF_IMAGE && !scans))
      throw new UnreadableFilm("a picture with a broken header", "a complete file");
    scans += kind === START_OF_SCAN;
    if (scans > MAX_SCANS) throw new UnreadableFilm(`a JPEG of more than ${MAX_SCANS} scans`, EXPECTED);
    position += 2 + length;
  }
  throw new UnreadableFilm(`a JPEG of more than ${thousands(MAX_MARKERS)} markers`, EXPECTED);
}

/** Where the next marker begins, or -1: no stuffed byte (FF 00), no fill byte, no restart. */
function nextMarker(data, from) {
  for (let at = data.indexOf(0xff, from); at >= 0 && at + 1 < data.length; at = data.indexOf(0xff, at + 1)) {
    const kind = data[at + 1];
    if (kind !== 0 && kind !== 0xff && !(kind >= 0xd0 && kind <= 0xd7)) return at;
  }
  return -1;
}

function readFrame(body) {
  const [bits, channels] = [body[0], body[5]];
  const [height, width] = [(body[1] << 8) | body[2], (body[3] << 8) | body[4]];
  if (!channels) throw new UnreadableFilm("a picture with a broken header", "a complete file");
  if (bits !== 8) throw new UnreadableFilm(`a JPEG of ${bits} bits a channel`, "8 bits a channel");
  if (channels > 3) throw new UnreadableFilm(`a JPEG of ${channels} channels`, "a grey or colour picture");
  checkSides(width, height);
  return { width, height };
}
