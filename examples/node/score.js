// Scores chest films without Python: one JSON object a line.
//
//   npm install                                       once, in this folder
//   node score.js MODEL.onnx FILM…                    or the paths on stdin, one a line
//   node score.js --pixels MODEL.onnx FILM…           also what the network saw and where it looked
//
// Exit status: 0 all scored, 1 some were not, 2 wrong usage or no usable model.

import "./no_telemetry.js";
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { convertIndexedToRgb, decode } from "fast-png";
import { Unzlib } from "fflate";
import * as ort from "onnxruntime-node";
import { FilmScorer } from "../javascript/film_scorer.js";
import { checkBytes } from "../javascript/limits.js";
import { UnreadableFilm } from "../javascript/unreadable_film.js";

const USAGE = "usage: node score.js [--pixels] MODEL.onnx [FILM…]";

async function main(args) {
  const wantsPixels = args[0] === "--pixels";
  const [model, ...films] = wantsPixels ? args.slice(1) : args;
  if (!model || model.startsWith("-")) return failed(USAGE);
  let scorer;
  try {
    const turbo = createRequire(import.meta.url).resolve("@cwasm/jpeg-turbo/jpeg-turbo.wasm");
    const decoders = {
      turbo: new WebAssembly.Module(readFileSync(turbo)),
      png: { decode, convertIndexedToRgb, Unzlib },
    };
    scorer = await FilmScorer.load(ort, readFileSync(model), decoders);
  } catch (error) {
    return failed(`${model}: ${error.message}`);
  }
  let status = 0;
  for await (const path of films.length ? films : createInterface({ input: process.stdin })) {
    const answer = await answerFor(path, scorer, wantsPixels);
    if (answer.error) status = 1;
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  return status;
}

async function answerFor(path, scorer, wantsPixels) {
  const nothing = {
    path,
    probability: null,
    logit: null,
    decision: null,
    reasons: [],
    error: null,
    milliseconds: null,
  };
  try {
    const { probability, logit, decision, reasons, milliseconds, pixels, heatmap } = await scorer.score(readFilm(path));
    const seen = { pixels: Buffer.from(pixels).toString("base64"), heatmap: [...heatmap.data] };
    return { ...nothing, probability, logit, decision, reasons, milliseconds, ...(wantsPixels ? seen : {}) };
  } catch (error) {
    if (error instanceof UnreadableFilm) return { ...nothing, error: error.message };
    throw error;
  }
}

function readFilm(path) {
  const expected = "a readable picture file";
  try {
    const found = statSync(path);
    if (!found.isFile())
      // a pipe or a device could block or never end
      throw new UnreadableFilm(found.isDirectory() ? "a folder" : "something that is no regular file", expected);
    checkBytes(found.size);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof UnreadableFilm) throw error;
    const reasons = { ENOENT: "no such file", EACCES: "no permission to read it" };
    throw new UnreadableFilm(reasons[error.code] ?? `a file that cannot be read (${error.code})`, expected);
  }
}

function failed(sentence) {
  process.stderr.write(`${sentence}\n`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
