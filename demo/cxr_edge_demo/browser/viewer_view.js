// Which part of a film is seen, and how large. All lengths are pixels of the screen itself (not CSS pixels), so that at
// 100 % a pixel of the film is one of the screen.
{
  const MOST = 32; // zoom
  const STEP = 1.25;

  class View {
    constructor() {
      this.screen = { width: 1, height: 1 };
      this.film = { width: 1, height: 1 };
      this.fit();
    }

    get fitZoom() {
      return Math.min(this.screen.width / this.film.width, this.screen.height / this.film.height);
    }

    get leastZoom() {
      return Math.min(1, this.fitZoom);
    }

    // Where the film's upper left corner is on the screen: whole pixels, lest 100 % be blurred.
    get origin() {
      return {
        x: Math.round(this.screen.width / 2 - this.x * this.zoom),
        y: Math.round(this.screen.height / 2 - this.y * this.zoom),
      };
    }

    fit() {
      this.zoom = this.fitZoom;
      this.x = this.film.width / 2;
      this.y = this.film.height / 2;
      this.fitted = true;
    }

    resize(width, height) {
      this.screen = { width: Math.max(1, width), height: Math.max(1, height) };
      if (this.fitted) this.fit();
      else this.keepInside();
    }

    show(film) {
      this.film = { width: film.width, height: film.height };
      this.fit();
    }

    // The film's pixel at a place of the screen.
    at(place) {
      const { x, y } = this.origin;
      return { x: (place.x - x) / this.zoom, y: (place.y - y) / this.zoom };
    }

    // Zoom; what is at `place` of the screen, by default its middle, stays there.
    setZoom(zoom, place = { x: this.screen.width / 2, y: this.screen.height / 2 }) {
      const { x, y } = this.at(place);
      this.zoom = Math.min(MOST, Math.max(this.leastZoom, zoom));
      this.x = x - (place.x - this.screen.width / 2) / this.zoom;
      this.y = y - (place.y - this.screen.height / 2) / this.zoom;
      this.fitted = Math.abs(this.zoom / this.fitZoom - 1) < 1e-6;
      this.keepInside();
    }

    step(inwards, place) {
      this.setZoom(this.zoom * (inwards ? STEP : 1 / STEP), place);
    }

    pan(dx, dy) {
      this.x -= dx / this.zoom;
      this.y -= dy / this.zoom;
      this.keepInside();
    }

    keepInside() {
      for (const [axis, side] of [["x", "width"], ["y", "height"]]) {
        const half = this.screen[side] / this.zoom / 2;
        const whole = this.film[side];
        this[axis] = 2 * half >= whole ? whole / 2 : Math.min(whole - half, Math.max(half, this[axis]));
      }
    }

    // The same in other units, so that a viewer of another size can follow.
    get shared() {
      const { width, height } = this.film;
      return { zoom: this.zoom / this.fitZoom, x: this.x / width, y: this.y / height, fitted: this.fitted };
    }

    follow({ zoom, x, y, fitted }) {
      this.zoom = zoom * this.fitZoom;
      this.x = x * this.film.width;
      this.y = y * this.film.height;
      this.fitted = fitted;
      this.keepInside();
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { View });
}
