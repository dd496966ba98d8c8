// When not to believe an answer, and what to do with a film: cxr_edge.quality.

import { percentiles } from "./resize.js";

const RETAKE = ["turned-left", "upside-down", "turned-right", "inverted", "cropped", "too-small", "over-exposed",
  "under-exposed", "low-contrast"]; // prettier-ignore

/**
 * Reason codes that speak against the pixels that the network saw; none if nothing does.
 *
 * @param {Uint8Array} pixels the network's input
 * @param {Float32Array} view its output: probabilities of `limits.kinds`
 * @param {{data: Float32Array, dims: number[]}} lungs its output [1, h, w], 0…1
 * @param {object} limits the card's `quality`
 */
export function reasonsOf(pixels, view, lungs, limits) {
  const [dark, bright] = percentiles(pixels, 5, 95);
  const brightness = mean(pixels);
  const reasons = [];
  if (brightness < limits.mean[0]) reasons.push("over-exposed");
  if (brightness > limits.mean[1]) reasons.push("under-exposed");
  if (bright - dark < limits.contrast) reasons.push("low-contrast");
  return [...reasons, ...reasonsOfView(view, lungs, limits)];
}

function reasonsOfView(view, lungs, limits) {
  const kinds = Object.fromEntries(limits.kinds.map((kind, i) => [kind, view[i]]));
  const { upright: child, adult = 0, ...others } = kinds;
  if (!(child + adult >= limits.upright))
    // NaN is not trusted
    return [Object.keys(others).reduce((likeliest, kind) => (others[kind] > others[likeliest] ? kind : likeliest))];
  const isAdult = limits.adult != null && adult >= limits.adult * (child + adult);
  return [...(isAdult ? ["adult"] : []), ...reasonsOfLungs(lungs, limits)];
}

function reasonsOfLungs(lungs, limits) {
  if (limits.least_lung == null || limits.lung_at_edge == null) return [];
  if (!(mean(lungs.data) >= limits.least_lung)) return ["no-lungs"];
  const [, h, w] = lungs.dims;
  const row = (y) => lungs.data.subarray(y * w, (y + 1) * w);
  const column = (x) => lungs.data.filter((_, i) => i % w === x);
  const edge = Math.max(...[row(0), row(h - 1), column(0), column(w - 1)].map(mean));
  return edge > limits.lung_at_edge ? ["cropped"] : [];
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The lowest and the highest threshold of a card; between them it is too close to call. */
export function reviewBand(card) {
  const thresholds = card.operating_points.map((point) => point.threshold);
  return [Math.min(...thresholds), Math.max(...thresholds)];
}

/** "refer", "no finding", "review" or "retake". */
export function decide(probability, reasons, [low, high]) {
  if (reasons.some((reason) => RETAKE.includes(reason))) return "retake";
  if (reasons.length) return "review";
  return probability >= high ? "refer" : probability < low ? "no finding" : "review"; // NaN: review
}
