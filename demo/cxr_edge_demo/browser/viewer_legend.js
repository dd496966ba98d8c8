// Below the film: what the lines mean, and how the film is shown, in words.
{
  const { make } = cxrViewer;
  const round = (number) => (Math.abs(number) < 100 && number % 1 ? number.toFixed(1) : Math.round(number));

  const sample = (width) =>
    make("i", { class: "cxr-viewer-sample", style: `--line: ${width}px`, "aria-hidden": "true" });

  // What the marks say, or why there are none.
  const legend = (film, heat) => {
    if (!film) return [];
    const { contours, wash, lungs } = film.facts;
    if (!wash) return [cxrWord("This model does not say where it looked.")];
    if (!contours[0].lines.length) return [cxrWord("Nothing on this film spoke for pneumonia enough to be marked.")];
    if (!heat) return [cxrWord("Marked areas are hidden. H shows them.")];
    const words = [cxrWord("Thin line: {means}"), cxrWord("Thick line: {means}")];
    const found = contours
      .filter(({ lines }) => lines.length)
      .map(({ level, label }) =>
        make("span", {}, sample(2 * level), words[level - 1].replace("{means}", label)),
      );
    const where = lungs
      ? cxrWord("Marked only where the network sees lungs.")
      : cxrWord("This model does not know where the lungs are.");
    return [...found, make("span", {}, where)];
  };

  const state = (viewer) => {
    const { film, view, window: grey, inverted } = viewer;
    if (!film) return "";
    const values = {
      zoom: Math.round(100 * view.zoom), width: round(grey.width), centre: round(grey.centre),
      across: film.width, down: film.height, bits: film.facts.bits,
    };
    const told = cxrWord(
      "Zoom {zoom} % · Window {width}, level {centre} · {across} × {down} pixels, {bits} bits",
      values,
    );
    return inverted ? `${told} · ${cxrWord("black and white swapped")}` : told;
  };

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { legend, state });
}
