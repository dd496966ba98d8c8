// Grey PNG files of 8 or 16 bits, as this server writes them: browsers' own decoders give 8 bits and may change them by
// a colour profile; these are the film's own levels.
{
  const SIGNATURE = 8;

  const parts = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const compressed = [];
    let head = null;
    for (let at = SIGNATURE; at + 8 <= bytes.length; ) {
      const length = view.getUint32(at);
      const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
      const body = at + 8;
      if (kind === "IHDR") {
        const [bits, colour, , , interlaced] = bytes.subarray(body + 8, body + 13);
        head = { width: view.getUint32(body), height: view.getUint32(body + 4), bits, colour, interlaced };
      } else if (kind === "IDAT") {
        compressed.push(bytes.subarray(body, body + length));
      }
      at = body + length + 4; // behind the checksum
    }
    return { head, compressed };
  };

  // Undo a row's filter in place. `step` bytes make a pixel; `above` is the row before, already undone.
  const unfilter = (kind, row, above, step) => {
    const n = row.length;
    if (kind === 1) {
      for (let i = step; i < n; i++) row[i] += row[i - step];
    } else if (kind === 2) {
      for (let i = 0; i < n; i++) row[i] += above[i];
    } else if (kind === 3) {
      for (let i = 0; i < n; i++) row[i] += ((i < step ? 0 : row[i - step]) + above[i]) >> 1;
    } else if (kind === 4) {
      for (let i = 0; i < n; i++) {
        const left = i < step ? 0 : row[i - step];
        const up = above[i];
        const corner = i < step ? 0 : above[i - step];
        const a = Math.abs(up - corner);
        const b = Math.abs(left - corner);
        const c = Math.abs(left + up - 2 * corner);
        row[i] += a <= b && a <= c ? left : b <= c ? up : corner;
      }
    } else if (kind !== 0) {
      throw new Error("a PNG row of an unknown kind");
    }
  };

  // {width, height, levels}: levels are a Uint8Array or Uint16Array, row after row.
  const decodePng = async (bytes) => {
    const { head, compressed } = parts(bytes);
    if (!head || head.colour !== 0 || head.interlaced || ![8, 16].includes(head.bits)) {
      throw new Error("no plain grey PNG");
    }
    const { width, height, bits } = head;
    const stream = new Blob(compressed).stream().pipeThrough(new DecompressionStream("deflate"));
    const raw = new Uint8Array(await new Response(stream).arrayBuffer());
    const step = bits / 8;
    const stride = width * step;
    if (raw.length < height * (stride + 1)) throw new Error("a PNG that ends too early");
    const levels = bits === 8 ? new Uint8Array(width * height) : new Uint16Array(width * height);
    let above = new Uint8Array(stride);
    for (let y = 0; y < height; y++) {
      const start = y * (stride + 1);
      const row = raw.subarray(start + 1, start + 1 + stride);
      unfilter(raw[start], row, above, step);
      if (bits === 8) {
        levels.set(row, y * width);
      } else {
        for (let x = 0, to = y * width; x < width; x++) levels[to + x] = (row[2 * x] << 8) | row[2 * x + 1];
      }
      above = row;
    }
    return { width, height, levels };
  };

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { decodePng });
}
