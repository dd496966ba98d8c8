// Puts everything that the page needs into one folder, which any web server can serve without a network:
//
//   npm install                                       once, in this folder
//   node assemble.js [SITE [MODELS]]                  default: site, ../../runtime/cxr_edge/models
//
// MODELS is the folder `models` of the package cxr_edge. Each model is held against the sha256 in its index.json.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = ["index.html", "style.css", "page.js", "answer_view.js", "film_view.js", "words.json"];
const SHARED = ["film_scorer", "decode", "jpeg", "jpeg_markers", "png", "orientation", "limits", "resize", "model_card",
  "quality", "unreadable_film"]; // prettier-ignore
const LIBRARIES = {
  "onnxruntime-web/dist/ort.wasm.bundle.min.mjs": "ort.mjs",
  "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm": "ort.wasm", // 14 MB; the package's default import wants 27 MB
  "@cwasm/jpeg-turbo/jpeg-turbo.wasm": "jpeg-turbo.wasm",
  "fast-png/lib": "fast-png",
  "iobuffer/lib": "iobuffer",
  "fflate/esm/browser.js": "fflate.js",
};

function main([site = join(HERE, "site"), models = join(HERE, "../../runtime/cxr_edge/models")]) {
  if (existsSync(site) && readdirSync(site).length && !existsSync(join(site, "film/film_scorer.js")))
    throw new Error(`${site}: found a folder of something else; expected a new one, or one of an earlier run`);
  rmSync(site, { recursive: true, force: true });
  mkdirSync(join(site, "libraries"), { recursive: true });
  for (const file of PAGE) cpSync(join(HERE, file), join(site, file));
  for (const name of SHARED) cpSync(join(HERE, `../javascript/${name}.js`), join(site, `film/${name}.js`));
  const only = (path) => !/\.(map|d\.ts)$/.test(path);
  for (const [from, to] of Object.entries(LIBRARIES))
    cpSync(join(HERE, "node_modules", from), join(site, "libraries", to), { recursive: true, filter: only });
  cpSync(join(models, "index.json"), join(site, "models/index.json"));
  for (const { file, sha256 } of JSON.parse(readFileSync(join(models, "index.json"))).models) {
    const found = createHash("sha256")
      .update(readFileSync(join(models, file)))
      .digest("hex");
    if (found !== sha256) throw new Error(`${file}: found sha256 ${found}; expected ${sha256}`);
    cpSync(join(models, file), join(site, "models", file));
  }
  writeFileSync(join(site, "libraries/licences.txt"), licences());
  writeFileSync(join(site, "measured.json"), JSON.stringify(measured()));
  console.log(`${resolve(site)}: serve it with any web server, such as  python3 -m http.server -d ${site} 8000`);
}

/** Whose work the folder holds, as their licences ask. */
function licences() {
  const { dependencies } = JSON.parse(readFileSync(join(HERE, "package.json")));
  const parts = Object.keys(dependencies).map((name) => {
    const folder = join(HERE, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json")));
    const text = join(folder, "LICENSE");
    return `${name} ${version}: ${license}\n\n${existsSync(text) ? readFileSync(text, "utf8") : ""}`;
  });
  return [...parts, "jpeg-turbo.wasm is based in part on the work of the Independent JPEG Group.\n"].join("\n");
}

/** By model, how far the page was from the package when both were measured; nothing outside the repository. */
function measured() {
  const record = join(HERE, "../../results/ports.json");
  return existsSync(record) ? (JSON.parse(readFileSync(record)).ports.browser?.models ?? {}) : {};
}

try {
  main(process.argv.slice(2));
} catch (error) {
  const cure = error.code === "ENOENT" ? "; run npm install in this folder first, or name the folder of models" : "";
  console.error(`${error.message}${cure}`);
  process.exitCode = 1;
}
