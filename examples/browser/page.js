// Scores the film that somebody chooses or drops, in this page.

import { convertIndexedToRgb, decode as decodePng } from "fast-png";
import { Unzlib } from "fflate";
import { showAnswer, showRefusal } from "./answer_view.js";
import { FilmScorer } from "./film/film_scorer.js";
import { checkBytes } from "./film/limits.js";
import { UnreadableFilm } from "./film/unreadable_film.js";
import { showFilm } from "./film_view.js";
import * as ort from "./libraries/ort.mjs";

const $ = (id) => document.getElementById(id);
const state = (name) => (document.body.dataset.state = name);
let words, decoders, models, measured;
let turn = 0; // the film that was chosen last is the one that is shown

async function start() {
  ort.env.wasm.numThreads = 1; // more need headers that few web servers send
  ort.env.wasm.wasmPaths = { wasm: new URL("libraries/ort.wasm", location.href).href };
  words = await (await got("words.json")).json();
  models = await (await got("models/index.json")).json();
  measured = await (await got("measured.json")).json();
  const turbo = await WebAssembly.compile(await (await got("libraries/jpeg-turbo.wasm")).arrayBuffer());
  decoders = { turbo, png: { decode: decodePng, convertIndexedToRgb, Unzlib } };
  const usual = models.aliases.default;
  for (const { name } of models.models) $("model").add(new Option(name === usual ? `${name} (default)` : name, name));
  $("model").value = usual;
  $("notice").textContent = words.research_only;
  $("children").textContent = words.children;
  await scorerOf($("model").value);
  $("trouble").hidden = true;
  document.querySelector("main").hidden = false;
  sayDifference();
  listen();
  state("ready");
}

/** How far this page was from the package when both were measured on the same films. */
function sayDifference() {
  const figures = measured[$("model").value];
  $("measured").hidden = !figures;
  if (!figures) return;
  const points = (100 * figures.largest_difference).toFixed(1);
  const changed = `${figures.decisions_changed} of ${figures.films} full-size films got another decision`;
  $("measured").textContent = `Measured: ${changed}; probabilities were at most ${points} percentage points off.`;
}

async function got(address) {
  const response = await fetch(address);
  if (!response.ok)
    throw new Error(`found no ${address} (${response.status}); expected the whole folder that assemble.js made`);
  return response;
}

const scorers = {};
async function scorerOf(name) {
  const { file } = models.models.find((model) => model.name === name);
  scorers[name] ??= await FilmScorer.load(
    ort,
    new Uint8Array(await (await got(`models/${file}`)).arrayBuffer()),
    decoders,
  );
  return scorers[name];
}

function listen() {
  let shown; // the film that is on the page
  const choose = async (files) => {
    if (files.length) shown = (await scored(files[0])) ?? shown;
  };
  $("file").onchange = ({ target }) => {
    choose([...target.files]);
    target.value = ""; // so that the same film can be chosen again
  };
  $("model").onchange = () => {
    sayDifference();
    if (shown) choose([shown.file]);
  };
  $("heat").onchange = () => shown?.draw?.();
  addEventListener("dragover", (event) => {
    event.preventDefault();
    $("drop").classList.add("over");
  });
  addEventListener("dragleave", () => $("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    event.preventDefault(); // or the browser would open the film in place of the page
    $("drop").classList.remove("over");
    choose([...event.dataTransfer.files]);
  });
}

async function scored(file) {
  const mine = ++turn;
  state("busy");
  const figure = document.querySelector("figure");
  try {
    checkBytes(file.size);
    const data = new Uint8Array(await file.arrayBuffer());
    const scorer = await scorerOf($("model").value);
    const answer = await scorer.score(data);
    if (mine !== turn) return null;
    showAnswer($("answer"), answer, scorer.card, words);
    const draw = () => showFilm($("film"), data, answer, decoders, $("heat").checked && answer.decision !== "retake");
    figure.hidden = !answer.picture;
    if (answer.picture) draw();
    $("heat").disabled = answer.decision === "retake"; // nothing is drawn on a film that cannot be used
    $("name").textContent = file.name;
    globalThis.lastAnswer = answer; // for a console, and for the tests
    state("answered");
    return { file, draw };
  } catch (error) {
    if (mine !== turn) return null;
    figure.hidden = true;
    const sentence =
      error instanceof UnreadableFilm
        ? error.message
        : `found a film that ended in “${error.message}”; expected another`;
    showRefusal($("answer"), file.name, sentence);
    globalThis.lastAnswer = { error: sentence };
    state("refused");
    return { file };
  }
}

start().catch((error) => {
  $("trouble").textContent = `The page could not start: ${error.message}`;
  state("failed");
});
