// Turning a picture as its EXIF block says.

const ORIENTATION = 0x0112;

/**
 * The orientation of an EXIF block, 1 (upright) to 8; 1 for none, or for one that cannot be read.
 *
 * @param {Uint8Array | null} exif from its TIFF header on
 */
export function orientationOf(exif) {
  if (!exif || exif.length < 8) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const little = view.getUint16(0) === 0x4949; // "II"
  const first = view.getUint32(4, little);
  if (first + 2 > exif.length) return 1;
  const entries = view.getUint16(first, little);
  for (let i = 0; i < entries; i++) {
    const entry = first + 2 + 12 * i;
    if (entry + 12 > exif.length) return 1;
    if (view.getUint16(entry, little) === ORIENTATION) {
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  }
  return 1;
}

/** Where pixel (x, y) of the upright picture lies in the stored one of w × h pixels, by orientation. */
const STORED_AT = {
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, w, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, w, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

/** A grey picture turned upright; the same one if it is. */
export function upright(picture, exif) {
  const stored = STORED_AT[orientationOf(exif)];
  if (!stored) return picture;
  const { width: w, height: h, grey } = picture;
  const [width, height] = stored(0, 1, w, h)[0] === stored(0, 0, w, h)[0] ? [w, h] : [h, w];
  const turned = new grey.constructor(grey.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [column, row] = stored(x, y, w, h);
      turned[y * width + x] = grey[row * w + column];
    }
  return { width, height, grey: turned };
}
