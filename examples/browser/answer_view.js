// The answer for one film, in words and on a bar.

import { reviewBand } from "./film/quality.js";

const SYMBOLS = { refer: "▲", review: "◆", retake: "■", "no finding": "○" }; // colour only repeats what these say

/** @param {HTMLElement} place whose content is replaced */
export function showAnswer(place, answer, card, words) {
  const [word, advice] = words.decisions[answer.decision];
  const head = element("div", { className: `decision ${answer.decision.replace(" ", "-")}` });
  head.append(element("p", { className: "word" }, `${SYMBOLS[answer.decision]} ${word}`), element("p", {}, advice));
  const reasons = element("ul", { className: "reasons" });
  reasons.append(...answer.reasons.map((reason) => element("li", {}, words.reasons[reason] ?? reason)));
  if (answer.reasons.length) head.append(reasons);
  const figures = answer.decision === "retake" ? [onRequest(probability(answer, card))] : probability(answer, card);
  place.replaceChildren(head, ...figures, times(answer));
}

/** @param {string} sentence "found …; expected …" */
export function showRefusal(place, name, sentence) {
  const head = element("div", { className: "decision unreadable" });
  head.append(element("p", { className: "word" }, "✕ Not scored"), element("p", {}, `${name}: ${sentence}.`));
  place.replaceChildren(head);
}

/** The probability means nothing for a film that cannot be used: only those who ask for it see it. */
function onRequest(figures) {
  const details = element("details");
  details.append(element("summary", {}, "Show the probability all the same"), ...figures);
  return details;
}

function probability(answer, card) {
  const [low, high] = reviewBand(card);
  const line = element("p", { className: "probability" });
  line.append("Probability of pneumonia ", element("b", {}, percent(answer.probability, 1)));
  const bar = element("div", { className: "bar", role: "img" });
  bar.setAttribute(
    "aria-label",
    `${percent(answer.probability, 1)}; refer from ${percent(high)}, no finding below ${percent(low)}`,
  );
  for (const [name, from, to] of [
    ["no finding", 0, low],
    ["review", low, high],
    ["refer", high, 1],
  ]) {
    const zone = element("i", { className: name.replace(" ", "-") });
    zone.style.left = `${100 * from}%`;
    zone.style.width = `${100 * (to - from)}%`;
    bar.append(zone);
  }
  const mark = element("b");
  mark.style.left = `${100 * answer.probability}%`;
  bar.append(mark);
  const legend = element("p", { className: "legend quiet" });
  legend.append(
    element("span", { className: "no-finding" }, `○ no finding below ${percent(low)}`),
    element("span", { className: "review" }, "◆ review between"),
    element("span", { className: "refer" }, `▲ refer from ${percent(high)}`),
  );
  return [line, bar, legend];
}

function times({ milliseconds: { decode, preprocess, network } }) {
  const [first, second, third] = [decode, preprocess, network].map((time) => time.toFixed(0));
  const text = `${first} ms to decode, ${second} to resize, ${third} for the network.`;
  return element("p", { className: "quiet" }, text);
}

function percent(share, digits = 0) {
  return `${(100 * share).toFixed(digits)} %`;
}

function element(name, properties = {}, text = "") {
  return Object.assign(document.createElement(name), properties, text ? { textContent: text } : {});
}
