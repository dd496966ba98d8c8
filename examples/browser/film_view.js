// The film, with contours around what speaks for pneumonia: a simple form of cxr_edge.heatmap, on the same fixed scale.

import { decode } from "./film/decode.js";
import { percentiles, spread } from "./film/resize.js";

const SIDE = 640; // a JPEG that was decoded for the network may be too small for the eye
const FULL = 6; // local logit of the strongest wash, as in cxr_edge.heatmap
const LEVELS = [FULL / 3, (FULL * 2) / 3]; // of the thin and the thick contour
const LUNG = 0.4;
const NO_LUNG = 0.1;
const WASH = 0.25;
const [ORANGE, BLACK] = [
  [255, 140, 30],
  [0, 0, 0],
];

/** Draws on `canvas`; `data` is the film's file, `answer` what `FilmScorer.score` gave. */
export function showFilm(canvas, data, answer, decoders, heat) {
  const { width, height, grey } = decode(data, [SIDE / 2, SIDE / 2], decoders);
  Object.assign(canvas, { width, height });
  const picture = new ImageData(width, height);
  const [black, white] = grey instanceof Uint16Array ? percentiles(grey, 0.5, 99.5) : [0, 255];
  for (let i = 0; i < grey.length; i++) {
    const level = (255 * (grey[i] - black)) / (white - black || 1);
    picture.data.set([level, level, level, 255], 4 * i);
  }
  if (heat) draw(picture, answer);
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function draw({ data, width, height }, { heatmap, lungs }) {
  const [, h, w] = heatmap.dims;
  const places = lungs.data.reduce((sum, value) => sum + value, 0);
  const worth = heatmap.data.map((value, i) => (lungs.data[i] < NO_LUNG ? 0 : value * places));
  const local = spread(worth, [w, h], [width, height]);
  const lung = spread(lungs.data, [w, h], [width, height]);
  const paint = (i, colour, share) => {
    for (let c = 0; c < 3; c++) data[4 * i + c] += (colour[c] - data[4 * i + c]) * share;
  };
  const within = (i, level) => lung[i] >= LUNG && local[i] >= level;
  local.forEach((value, i) => within(i, LEVELS[0]) && paint(i, ORANGE, WASH * Math.min(1, value / FULL)));
  const pixel = Math.max(1, Math.max(width, height) / SIDE);
  for (const [colour, rim] of [
    [BLACK, 1.2],
    [ORANGE, 0],
  ])
    LEVELS.forEach((level, thick) => {
      const reach = Math.round((thick ? 2 : 1) * pixel + rim);
      for (const i of edge((at) => within(at, level), width, height, reach)) paint(i, colour, rim ? 0.6 : 0.9);
    });
}

/** Pixels at most `reach` away from the edge of a region. */
function edge(within, width, height, reach) {
  const found = new Set();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if ((x + 1 < width && within(i) !== within(i + 1)) || (y + 1 < height && within(i) !== within(i + width)))
        for (let dy = -reach; dy <= reach; dy++)
          for (let dx = -reach; dx <= reach; dx++) {
            const inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
            if (inside && dx * dx + dy * dy <= reach * reach) found.add(i + dy * width + dx);
          }
    }
  return found;
}
