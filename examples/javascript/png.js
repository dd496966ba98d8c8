// A PNG's grey levels, by the npm package fast-png.

import { checkSides } from "./limits.js";
import { upright } from "./orientation.js";
import { UnreadableFilm } from "./unreadable_film.js";

const GREY = 0;
const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // by colour type
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
]; // Adam7
const DECODED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]; // compressed texts and profiles could be of any size
const PIECE = 1 << 16; // bytes that are inflated at once, so that little is inflated in vain

/**
 * @param {Uint8Array} data the whole file
 * @param {{decode: Function, convertIndexedToRgb: Function, Unzlib: Function}} png of fast-png and fflate
 * @returns {{width: number, height: number, grey: Uint8Array | Uint16Array}} upright; 0 black, 255 or 65535 white
 * @throws {UnreadableFilm}
 */
export function decodePng(data, png) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 33) throw new UnreadableFilm("a picture with a broken header", "a complete file");
  const [width, height, bits, colour, interlaced] = [
    view.getUint32(16),
    view.getUint32(20),
    data[24],
    data[25],
    data[28],
  ];
  if (!(colour in CHANNELS)) throw new UnreadableFilm("a picture with a broken header", "a complete file");
  checkSides(width, height);
  if (bits === 16 && colour !== GREY)
    throw new UnreadableFilm(
      "a PNG of 16 bits a channel with colour or transparency",
      "a complete film, grey or with 8 bits a channel",
    );
  const chunks = chunksOf(data, view);
  const kept = chunks.filter(({ kind }) => DECODED.includes(kind));
  if (bits === 16 ? kept.some(({ kind }) => kind === "tRNS") : bits !== 8)
    throw new UnreadableFilm(`a PNG of ${bits} bits${bits === 16 ? " with transparency" : ""}`, "one of 8 or 16 bits");
  checkPixels(chunks, neededBytes(width, height, bits * CHANNELS[colour], interlaced), png.Unzlib);
  try {
    const decoded = png.decode(joined([data.subarray(0, 8), ...kept.map(({ all }) => all)]), { checkCrc: true });
    const exif = chunks.find(({ kind }) => kind === "eXIf")?.body ?? null;
    return upright({ width, height, grey: greyOf(decoded, png.convertIndexedToRgb) }, exif);
  } catch {
    throw new UnreadableFilm("a truncated or damaged picture", "a complete file");
  }
}

function chunksOf(data, view) {
  const chunks = [];
  for (let at = 8; at + 12 <= data.length;) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...data.subarray(at + 4, at + 8));
    chunks.push({ kind, body: data.subarray(at + 8, at + 8 + length), all: data.subarray(at, at + 12 + length) });
    at += 12 + length;
  }
  return chunks;
}

/** Bytes that the pixels of a PNG take, each row with the byte that names its filter. */
function neededBytes(width, height, bits, interlaced) {
  let needed = 0;
  for (const [x, y, stepX, stepY] of interlaced ? PASSES : [[0, 0, 1, 1]]) {
    const [columns, rows] = [Math.ceil((width - x) / stepX), Math.ceil((height - y) / stepY)];
    if (columns > 0 && rows > 0) needed += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  return needed;
}

/** Refuses too few pixels, and far too many of them, before a decoder makes room for whatever comes. */
function checkPixels(chunks, needed, Unzlib) {
  let found = 0;
  const inflate = new Unzlib((bytes) => (found += bytes.length));
  try {
    for (const { kind, body } of chunks)
      for (let at = 0; kind === "IDAT" && at < body.length; at += PIECE) {
        inflate.push(body.subarray(at, at + PIECE), false);
        if (found > needed + PIECE)
          throw new UnreadableFilm("a PNG of more pixels than its header says", "a complete film");
      }
  } catch (error) {
    throw error instanceof UnreadableFilm
      ? error
      : new UnreadableFilm("a truncated or damaged picture", "a complete file");
  }
  if (found < needed)
    throw new UnreadableFilm("a truncated PNG (too few pixels)", "a complete film, grey or with 8 bits a channel");
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** ITU-R 601 luma; transparency is laid over black, which in a radiograph is air. As Pillow rounds them. */
function greyOf(decoded, convertIndexedToRgb) {
  if (decoded.channels === 1 && !decoded.palette && !decoded.transparency) return decoded.data;
  const clear = decoded.transparency; // the one colour of a picture without alpha that is transparent
  const data = decoded.palette ? convertIndexedToRgb(decoded) : decoded.data;
  const channels = decoded.palette ? decoded.palette[0].length : decoded.channels;
  const colours = channels < 3 ? 1 : 3;
  const grey = new Uint8Array(decoded.width * decoded.height);
  for (let i = 0; i < grey.length; i++) {
    const pixel = data.subarray(i * channels, (i + 1) * channels);
    const luma = colours === 1 ? pixel[0] : (19595 * pixel[0] + 38470 * pixel[1] + 7471 * pixel[2] + 0x8000) >> 16;
    const isClear = clear && clear.every((level, channel) => level === pixel[channel]);
    grey[i] = channels > colours ? Math.floor((luma * pixel[colours]) / 255) : isClear ? 0 : luma;
  }
  return grey;
}
