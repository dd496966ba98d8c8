// Rectangles that a reader draws on the film, by pointer or by keys.
{
  const LEAST = 0.01; // share of the film; what is smaller was a click
  const STEP = 0.02; // share of the film by key

  const within = (value, low, high) => Math.min(high, Math.max(low, value));

  class PlaceMarker {
    constructor(viewer) {
      Object.assign(this, { viewer, kept: [], drawing: false, draft: null, started: null });
    }

    // All that is to be drawn.
    get shown() {
      return this.draft ? [...this.kept, this.draft] : this.kept;
    }

    begin() {
      this.drawing = true;
      this.changed();
    }

    cancel() {
      Object.assign(this, { drawing: false, draft: null, started: null });
      this.changed();
    }

    share({ x, y }) {
      const { width, height } = this.viewer.view.film;
      return { x: within(x / width, 0, 1), y: within(y / height, 0, 1) };
    }

    start(pixel) {
      this.started = this.share(pixel);
      this.draft = { ...this.started, width: 0, height: 0 };
    }

    stretch(pixel) {
      const a = this.started;
      const b = this.share(pixel);
      this.draft = {
        x: Math.min(a.x, b.x),
        y: Math.min(a.y, b.y),
        width: Math.abs(a.x - b.x),
        height: Math.abs(a.y - b.y),
      };
      this.changed();
    }

    // A second finger, or the browser itself, took the pointer.
    forget() {
      if (!this.started) return;
      Object.assign(this, { draft: null, started: null });
      this.changed();
    }

    finish() {
      if (!this.started) return;
      this.started = null;
      if (this.draft.width < LEAST || this.draft.height < LEAST) {
        this.draft = null;
        this.changed();
      } else {
        this.accept();
      }
    }

    accept() {
      const place = this.draft;
      if (!place) return;
      Object.assign(this, { kept: [...this.kept, place], drawing: false, draft: null });
      this.changed();
      this.viewer.dispatchEvent(new CustomEvent("cxr-place", { bubbles: true, detail: { ...place } }));
    }

    // While drawing: arrows move a rectangle, with Shift they stretch it. Returns whether the key was meant for it.
    key(event) {
      const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
      if (event.key === "Escape") this.cancel();
      else if (event.key === "Enter") this.accept();
      else if (event.key in moves) this.nudge(moves[event.key], event.shiftKey);
      else return false;
      return true;
    }

    nudge([dx, dy], stretch) {
      const box = this.draft ?? { x: 0.4, y: 0.4, width: 0.2, height: 0.2 };
      if (this.draft && stretch) {
        box.width = within(box.width + dx, STEP, 1 - box.x);
        box.height = within(box.height + dy, STEP, 1 - box.y);
      } else if (this.draft) {
        box.x = within(box.x + dx, 0, 1 - box.width);
        box.y = within(box.y + dy, 0, 1 - box.height);
      }
      this.draft = box;
      this.changed();
    }

    changed() {
      this.viewer.redraw();
      this.viewer.tell();
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { PlaceMarker });
}
