// Film in, answer out: the same steps as cxr_edge.Classifier, with the pieces that differ between Node and a browser
// handed in.

import { decode } from "./decode.js";
import { readCard } from "./model_card.js";
import { decide, reasonsOf, reviewBand } from "./quality.js";
import { networkPixels } from "./resize.js";
import { UnreadableFilm } from "./unreadable_film.js";

const OUTPUTS = ["probability", "logit", "view", "lungs", "heatmap"];

export class FilmScorer {
  /**
   * @param {object} ort onnxruntime-node or onnxruntime-web/wasm
   * @param {Uint8Array} model the bytes of a bundled ONNX file
   * @param {{turbo: WebAssembly.Module, png: object}} decoders as `decode` wants them
   */
  static async load(ort, model, decoders) {
    const card = readCard(model);
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 }; // for more cores, score several films at once
    const scorer = new FilmScorer(ort, await ort.InferenceSession.create(model, options), card, decoders);
    await scorer.run(new Uint8Array(card.input_size[0] * card.input_size[1])); // the first run is slow
    return scorer;
  }

  constructor(ort, session, card, decoders) {
    Object.assign(this, { ort, session, card, decoders });
  }

  /** The network's outputs, by name, for its height × width grey levels. */
  run(pixels) {
    const film = new this.ort.Tensor("uint8", pixels, [1, ...this.card.input_size, 1]);
    return this.session.run({ film }, OUTPUTS);
  }

  /**
   * @param {Uint8Array} file a film's bytes; or the network's own pixels as a binary PGM, to test a port
   * @returns {Promise<object>} `probability`, `logit`, `decision`, `reasons`; `pixels`, `heatmap` and `lungs` that
   *   belong to them, the decoded `picture` (null for a PGM); and `milliseconds` by step
   * @throws {UnreadableFilm}
   */
  async score(file) {
    const data = new Uint8Array(file.buffer, file.byteOffset, file.length); // the slice of Node's Buffer copies nothing
    const size = this.card.input_size;
    const begin = performance.now();
    const given = pgmPixels(data, size);
    const picture = given ? null : decode(data, size, this.decoders);
    const decoded = performance.now();
    const pixels = given ?? networkPixels(picture, size);
    const prepared = performance.now();
    const output = await this.run(pixels);
    const end = performance.now();
    const [probability, logit] = [output.probability.data[0], output.logit.data[0]];
    const tooSmall = picture && (picture.width < size[1] || picture.height < size[0]); // it was enlarged
    const reasons = [
      ...(tooSmall ? ["too-small"] : []),
      ...reasonsOf(pixels, output.view.data, output.lungs, this.card.quality),
    ];
    return {
      probability,
      logit,
      decision: decide(probability, reasons, reviewBand(this.card)),
      reasons,
      pixels,
      heatmap: output.heatmap,
      lungs: output.lungs,
      picture,
      milliseconds: { decode: decoded - begin, preprocess: prepared - decoded, network: end - prepared },
    };
  }
}

/** The levels of a binary PGM of exactly the network's size, as the golden vectors have them; null for another file. */
function pgmPixels(data, [height, width]) {
  if (data[0] !== 0x50 || data[1] !== 0x35) return null; // "P5"
  const header = `P5\n${width} ${height}\n255\n`;
  const found = String.fromCharCode(...data.subarray(0, header.length));
  if (found !== header || data.length !== header.length + width * height)
    throw new UnreadableFilm("a PGM picture", `JPEG or PNG, or a PGM of ${width} × ${height} pixels`);
  return data.slice(header.length);
}
