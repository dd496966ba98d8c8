// Draws over the film: contours with a wash in them, and places that readers marked.
{
  const COLOUR = "255, 140, 30";
  const PLACE = "120, 220, 255";
  const WIDTHS = [1.8, 4]; // CSS pixels of the thin and the thick contour
  const RIM = 1.2; // dark, on both sides: without it a light line is lost on bone
  const RIM_STRENGTH = 0.65;

  const pathOf = (lines) => {
    const path = new Path2D();
    for (const line of lines) {
      line.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
      path.closePath();
    }
    return path;
  };

  class Overlay {
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext("2d");
    }

    show(film) {
      this.film = film;
      this.levels = (film?.facts.contours ?? []).map(({ lines }) => pathOf(lines));
    }

    // `places` in shares of the film; `strength` of contours and wash, 0…1.
    draw(view, { strength, places, pixel }) {
      const { canvas, context } = this;
      const { width, height } = view.screen;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      if (!this.film) return;
      const { x, y } = view.origin;
      context.setTransform(view.zoom, 0, 0, view.zoom, x, y);
      context.lineJoin = "round";
      const unit = pixel / view.zoom; // a CSS pixel, in those of the film
      if (strength > 0 && this.levels.length) this.contours(strength, unit);
      for (const place of places) this.place(place, unit);
    }

    contours(strength, unit) {
      const { context, film } = this;
      if (film.wash) {
        context.save();
        context.clip(this.levels[0], "evenodd");
        context.globalAlpha = strength;
        context.drawImage(film.wash, 0, 0, film.width, film.height);
        context.restore();
      }
      const opaque = 1 - (1 - strength) ** 2; // a half-drawn line is hard to see where a half-drawn wash is not
      this.line(`rgba(0, 0, 0, ${RIM_STRENGTH * opaque})`, 2 * RIM, unit);
      this.line(`rgba(${COLOUR}, ${opaque})`, 0, unit);
    }

    line(style, beyond, unit) {
      this.context.strokeStyle = style;
      this.levels.forEach((path, i) => {
        this.context.lineWidth = (WIDTHS[i] + beyond) * unit;
        this.context.stroke(path);
      });
    }

    place({ x, y, width, height }, unit) {
      const { context, film } = this;
      const box = [x * film.width, y * film.height, width * film.width, height * film.height];
      context.setLineDash([7 * unit, 4 * unit]); // dashes tell it from contours without colour
      for (const [style, line] of [["rgba(0, 0, 0, 0.65)", 4.4], [`rgb(${PLACE})`, 2]]) {
        context.strokeStyle = style;
        context.lineWidth = line * unit;
        context.strokeRect(...box);
      }
      context.setLineDash([]);
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { Overlay });
}
