// <cxr-viewer src="cxr/film/TOKEN.json" label="…" linked="GROUP" heat="on|off">: one film, read as on a workstation.
// Events, all bubbling: cxr-ready when the film is drawn, cxr-view when the reader changes how it is seen, cxr-place with
// a rectangle in shares of the film, cxr-next and cxr-previous.
{
  const { make } = cxrViewer;
  const QUIET = 600; // ms after the last change, before a screen reader is told
  let made = 0;

  class Viewer extends cxrViewer.SeenFilm {
    static observedAttributes = ["src", "heat"];

    connectedCallback() {
      // The scripts after this one are not there yet if the page was there before.
      queueMicrotask(() => this.isConnected && this.start());
    }

    disconnectedCallback() {
      this.alive?.abort();
      this.loading?.abort();
      this.sizes?.disconnect();
      this.alive = null;
    }

    attributeChangedCallback(name) {
      if (!this.alive) return;
      if (name === "src") {
        this.marker.kept = []; // they were of another film
        this.load();
      } else this.setHeat(this.getAttribute("heat") !== "off");
    }

    start() {
      if (this.alive) return;
      this.alive = new AbortController();
      this.uid ??= `cxr-viewer-${++made}`;
      this.view = new cxrViewer.View();
      this.marker ??= new cxrViewer.PlaceMarker(this);
      this.build();
      const { signal } = this.alive;
      document.addEventListener("keydown", (event) => cxrViewer.handleKey(this, event), { signal });
      document.addEventListener("cxr-view", (event) => this.follow(event), { signal });
      document.addEventListener("fullscreenchange", () => this.toolbar.press("full", this.fullScreen), { signal });
      this.sizes = new ResizeObserver(([entry]) => this.resize(entry));
      this.sizes.observe(this.stage);
      this.load();
    }

    build() {
      this.toolbar = new cxrViewer.Toolbar(this);
      const [film, marks] = ["film", "marks"].map((name) =>
        make("canvas", { class: `cxr-viewer-${name}`, "aria-hidden": "true" }),
      );
      this.note = make("div", { class: "cxr-viewer-note", role: "status" });
      const label = `${this.getAttribute("label") || cxrWord("Film")}. ${cxrWord("Press ? for the keys.")}`;
      this.stage = make(
        "div",
        { class: "cxr-viewer-stage", tabindex: 0, role: "application", "aria-label": label },
        film, marks, (this.state = make("p", { class: "cxr-viewer-state" })), this.note,
      );
      this.legend = make("p", { class: "cxr-viewer-legend" });
      this.said = make("p", { class: "cxr-viewer-said", "aria-live": "polite" });
      this.replaceChildren(this.toolbar.bar, this.stage, this.legend, this.said);
      this.canvas = new cxrViewer.FilmCanvas(film);
      this.overlay = new cxrViewer.Overlay(marks);
      new cxrViewer.Gestures(this.stage, this);
    }

    async load() {
      this.loading?.abort();
      const { signal } = (this.loading = new AbortController());
      this.forget();
      const source = this.getAttribute("src");
      if (!source) return;
      this.say(cxrWord("Loading the film …"));
      const progress = (share) =>
        this.say(cxrWord("Loading the film: {percent} %", { percent: Math.round(100 * share) }));
      try {
        const film = await cxrViewer.Film.load(source, signal, progress);
        if (!signal.aborted) this.show(film);
      } catch (error) {
        if (signal.aborted) return;
        this.say(error.message, make("button", { type: "button", onclick: () => this.load() }, cxrWord("Try again")));
      }
    }

    // Nothing of the film before may be taken for the new one.
    forget() {
      this.film = null;
      this.marker.cancel();
      this.canvas.clear();
      this.overlay.show(null);
      this.toolbar.show(null);
      this.classList.remove("cxr-viewer-shown");
      this.tell();
    }

    show(film) {
      this.film = film;
      this.heat = this.getAttribute("heat") !== "off" && Boolean(film.facts.wash);
      this.view.show(film);
      this.overlay.show(film);
      this.toolbar.show(film);
      this.classList.add("cxr-viewer-shown");
      this.following = true; // a film that arrives moves no other
      this.reset();
      this.following = false;
      this.draw();
      this.announce("cxr-ready");
    }

    say(sentence, ...more) {
      this.note.replaceChildren(...(sentence ? [make("p", {}, sentence), ...more] : []));
    }

    // A change by the reader: draw it, say it, and have linked viewers follow.
    changed() {
      this.redraw();
      this.tell();
      if (!this.following) {
        const { grey, inverted } = this;
        this.announce("cxr-view", { ...this.view.shared, window: grey, inverted, linked: this.getAttribute("linked") });
      }
    }

    announce(name, detail = {}) {
      this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
    }

    follow({ target, detail }) {
      if (target === this || !this.film || !detail.linked || detail.linked !== this.getAttribute("linked")) return;
      this.following = true;
      this.view.follow(detail);
      if (detail.inverted !== this.inverted) this.invert(detail.inverted);
      this.window = detail.window;
      this.following = false;
    }

    tell() {
      const { film, heat, view, marker } = this;
      this.toolbar.press("heat", heat && Boolean(film?.facts.wash));
      this.legend.replaceChildren(...cxrViewer.legend(film, heat));
      this.state.textContent = cxrViewer.state(this);
      this.classList.toggle("cxr-viewer-drawing", marker.drawing);
      this.classList.toggle("cxr-viewer-zoomed", Boolean(film) && !view.fitted);
      if (film) {
        const draw = cxrWord("Draw a rectangle around the place. Escape ends.");
        const keys = cxrWord("With keys: arrows move it, Shift and arrows stretch it, Enter keeps it.");
        this.say(marker.drawing ? `${draw} ${keys}` : film.facts.capped);
      }
      clearTimeout(this.quiet);
      this.quiet = setTimeout(() => (this.said.textContent = this.state.textContent), QUIET);
    }

    resize(entry) {
      const { width, height } = entry.contentRect;
      if (!width || !height) return; // hidden, as in a tab that is not open
      const [across, down] = [width, height].map((side) => side * (window.devicePixelRatio || 1));
      const exact = entry.devicePixelContentBoxSize?.[0];
      // The browser knows how it rounds; only a browser that plays another device says something else altogether.
      const known = exact && Math.abs(exact.inlineSize - across) < 2 && Math.abs(exact.blockSize - down) < 2;
      this.view.resize(...(known ? [exact.inlineSize, exact.blockSize] : [Math.round(across), Math.round(down)]));
      if (this.film) this.draw(); // at once: the browser has just made the canvas another size
      this.tell();
    }

    get fullScreen() {
      return document.fullscreenElement === this || this.classList.contains("cxr-viewer-full");
    }

    toggleFullScreen() {
      if (this.leaveFullScreen()) return;
      const inPage = () => this.classList.add("cxr-viewer-full"); // where a browser has none, as on phones
      if (this.requestFullscreen) this.requestFullscreen().catch(inPage);
      else inPage();
      this.toolbar.press("full", true);
    }

    leaveFullScreen() {
      if (!this.fullScreen) return false;
      if (document.fullscreenElement === this) document.exitFullscreen();
      this.classList.remove("cxr-viewer-full");
      this.toolbar.press("full", false);
      return true;
    }
  }

  window.cxrViewer.Viewer = Viewer;
  if (!customElements.get("cxr-viewer")) customElements.define("cxr-viewer", Viewer);
}
