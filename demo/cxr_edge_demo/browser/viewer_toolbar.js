// What stands around the film: buttons, the choice of a window, the strength of the marks, and the list of keys.
{
  const { make } = cxrViewer;

  // Drawn for this page, 24 × 24.
  const ICONS = {
    in: "M12 5v14M5 12h14",
    out: "M5 12h14",
    fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M8 8h8v8H8z",
    window: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
    invert: "M4 4h16v16H4zM4 20 20 4v16z",
    heat: "M8 5c4-3 10 0 10 6s-3 9-7 8-7-3-6-7 0-5 3-7zM10 10c2-1 4 0 4 2s-1 3-3 3-2-4-1-5z",
    reset: "M5 12a7 7 0 1 0 2.5-5.4M4 4v5h5",
    full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  };
  const FILLED = { window: "M12 4a8 8 0 1 0 0 16z", invert: "M4 20 20 4v16z" };

  const icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    for (const [shape, kind] of [[ICONS[name], "line"], [FILLED[name], "filled"]]) {
      if (!shape) continue;
      const path = document.createElementNS(space, "path");
      path.setAttribute("d", shape);
      path.setAttribute("class", `cxr-viewer-${kind}`);
      svg.append(path);
    }
    return svg;
  };

  class Toolbar {
    constructor(viewer) {
      this.viewer = viewer;
      this.buttons = {};
      const view = (change) => () => viewer.changeView(change);
      const bar = make("div", { class: "cxr-viewer-bar", role: "group", "aria-label": cxrWord("Film tools") });
      bar.append(
        this.button("out", "−", cxrWord("Zoom out"), view((v) => v.step(false))),
        this.button("in", "+", cxrWord("Zoom in"), view((v) => v.step(true))),
        this.button("fit", "0", cxrWord("Whole film"), () => viewer.fit()),
        this.button("1:1", "1", cxrWord("100 %"), () => viewer.setZoom(1)),
        this.button("window", "", cxrWord("Drag to change contrast and brightness"), () => viewer.setWindowing(), true),
        this.button("invert", "I", cxrWord("Swap black and white"), () => viewer.invert(), true),
        this.button("heat", "H", cxrWord("Marked areas"), () => viewer.setHeat(!viewer.heat), true),
        (this.strength = make("input", {
          type: "range", min: 0, max: 100, class: "cxr-viewer-strength", "aria-label": cxrWord("Strength of the marks"),
          title: cxrWord("Strength of the marks"), oninput: () => viewer.setStrength(this.strength.valueAsNumber / 100),
        })),
        (this.windows = make("select", {
          class: "cxr-viewer-windows", "aria-label": cxrWord("Grey levels shown"), title: cxrWord("Grey levels shown"),
          onchange: () => viewer.choosePreset(this.windows.value),
        })),
        make("span", { class: "cxr-viewer-gap" }),
        this.button("reset", "R", cxrWord("Reset"), () => viewer.reset()),
        this.button("full", "F", cxrWord("Full screen"), () => viewer.toggleFullScreen(), true),
        this.button("?", "?", cxrWord("Keys"), () => this.help()),
      );
      this.bar = bar;
    }

    button(name, key, label, pressed, toggles = false) {
      const named = key && key !== name ? `${label} (${key})` : label;
      const button = make(
        "button",
        {
          type: "button", class: `cxr-viewer-button cxr-viewer-${name.replace(/\W/g, "")}`, "aria-label": label,
          title: named, "aria-pressed": toggles ? "false" : null, onclick: pressed,
        },
        ICONS[name] ? icon(name) : name,
      );
      const short = { window: cxrWord("Contrast"), invert: cxrWord("Invert"), heat: cxrWord("Marks") }[name];
      if (short) button.append(make("span", { "aria-hidden": "true" }, short));
      this.buttons[name] = button;
      return button;
    }

    press(name, on) {
      this.buttons[name].setAttribute("aria-pressed", String(on));
    }

    // A film has arrived, or has gone.
    show(film) {
      for (const control of this.bar.querySelectorAll("button, input, select")) {
        control.disabled = !film && control !== this.buttons["?"];
      }
      const explained = Boolean(film?.facts.wash);
      this.buttons.heat.disabled = this.strength.disabled = !explained;
      const labels = (film?.facts.presets ?? []).map(({ label }) => label);
      const named = labels.map((label, i) => {
        const before = labels.slice(0, i).filter((other) => other === label).length;
        return before ? `${label} ${before + 1}` : label;
      });
      this.windows.replaceChildren(...named.map((name, i) => make("option", { value: i }, name)));
      this.own = make("option", { value: "own" }, cxrWord("Your own window"));
    }

    // Which of the film's windows is in use; -1 if none.
    useWindow(index) {
      if (index < 0) this.windows.append(this.own);
      else this.own?.remove();
      this.windows.value = index < 0 ? "own" : index;
    }

    help() {
      const { viewer } = this;
      const rows = cxrViewer.keyList().flatMap(([keys, does]) => [
        make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))),
        make("dd", {}, does),
      ]);
      const end = () => dialog.close();
      const close = make("button", { type: "button", class: "cxr-viewer-close", onclick: end }, cxrWord("Close"));
      const title = make("h2", { id: `${viewer.uid}-keys` }, cxrWord("Keys of the film"));
      const dialog = make(
        "dialog",
        { class: "cxr-viewer-keys", "aria-labelledby": title.id, onclose: () => dialog.remove() },
        title, make("dl", {}, ...rows), close,
      );
      dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
      viewer.append(dialog);
      dialog.showModal();
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { Toolbar });
}
