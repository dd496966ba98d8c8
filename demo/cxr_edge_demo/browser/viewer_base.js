// How a film is seen, and what is drawn over it: the part of the viewer that readers' gestures, keys and buttons change.
{
  const STRENGTH = 0.6; // of the marks, at first

  class SeenFilm extends HTMLElement {
    film = null;
    heat = true;
    inverted = false;
    windowing = false;
    strength = STRENGTH;

    // Pixels of the screen in a CSS pixel.
    get pixel() {
      return this.view.screen.width / Math.max(1, this.stage.clientWidth);
    }

    fit() {
      this.changeView((view) => view.fit());
    }

    // 1 is 100 %: a pixel of the film is one of the screen.
    setZoom(zoom) {
      this.changeView((view) => view.setZoom(zoom));
    }

    changeView(change) {
      if (!this.film) return;
      change(this.view);
      this.changed();
    }

    // Centre and width in the film's own values; perhaps a function of DICOM's, or a table.
    get window() {
      return this.grey;
    }

    set window(grey) {
      if (!this.film) return;
      this.grey = grey;
      this.table = null;
      this.toolbar.useWindow(this.film.facts.presets.findIndex((preset) => this.sameWindow(preset)));
      this.changed();
    }

    sameWindow({ centre, width, table }) {
      return centre === this.grey.centre && width === this.grey.width && table === this.grey.table;
    }

    changeWindow(wider, moved) {
      if (this.film) this.window = cxrViewer.changedWindow(this.grey, wider, moved);
    }

    choosePreset(value) {
      if (value !== "own") this.window = this.film.facts.presets[Number(value)];
    }

    invert(on = !this.inverted) {
      this.inverted = on;
      this.table = null;
      this.toolbar.press("invert", on);
      this.changed();
    }

    reset() {
      this.setWindowing(false);
      this.view.fit();
      this.grey = this.film.facts.window;
      this.invert(false);
      this.window = this.grey;
    }

    setWindowing(on = !this.windowing) {
      this.windowing = on;
      this.toolbar.press("window", on);
      this.classList.toggle("cxr-viewer-windowing", on);
    }

    setHeat(on) {
      if (!this.film?.facts.wash && on) return;
      this.heat = on;
      this.redraw();
      this.tell();
    }

    setStrength(strength) {
      this.strength = strength;
      this.setHeat(strength > 0);
    }

    // Rectangles in shares of the film: {x, y, width, height}, each 0…1.
    get places() {
      return this.marker?.kept ?? [];
    }

    set places(places) {
      this.marker ??= new cxrViewer.PlaceMarker(this);
      this.marker.kept = [...places];
      if (this.overlay) this.redraw();
    }

    // Let the reader draw a rectangle; the event cxr-place brings it.
    drawPlace() {
      if (!this.film) return;
      this.marker.begin();
      this.stage.focus();
    }

    // What the film's canvas holds, as ImageData.
    shownPixels() {
      this.draw();
      const { canvas, context } = this.canvas;
      return context.getImageData(0, 0, canvas.width, canvas.height);
    }

    redraw() {
      this.frame ??= requestAnimationFrame(() => this.draw());
    }

    draw() {
      cancelAnimationFrame(this.frame);
      this.frame = null;
      if (this.film) {
        this.table ??= cxrViewer.tableOf(this.film, this.grey, this.inverted);
        this.canvas.draw(this.film, this.view, this.table);
      }
      this.overlay.draw(this.view, {
        strength: this.heat ? this.strength : 0,
        places: this.marker.shown,
        pixel: this.pixel,
      });
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { SeenFilm });
}
