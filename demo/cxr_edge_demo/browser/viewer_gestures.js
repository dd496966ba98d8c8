// Mouse, pen and fingers on the film. Positions that leave this file are pixels of the screen from the canvas' corner.
{
  const WHEEL = 0.0015; // share of zoom by unit of a wheel, and of a pinch on a touch pad, which turns less
  const TOUCH_PAD = 0.01;
  const LINE = 16; // units of a wheel that counts in lines
  const WINDOW = 0.004; // share of the window's width by CSS pixel
  const LEFT = 0;
  const RIGHT = 2;

  class Gestures {
    constructor(stage, viewer) {
      Object.assign(this, { stage, viewer, down: new Map() });
      const on = (kind, handler, options) => stage.addEventListener(kind, handler.bind(this), options);
      on("pointerdown", this.press);
      on("pointermove", this.move);
      for (const kind of ["pointerup", "pointercancel"]) on(kind, this.release);
      on("wheel", this.wheel, { passive: false });
      on("dblclick", this.twice);
      on("contextmenu", (event) => event.preventDefault());
    }

    place(event) {
      const box = this.stage.getBoundingClientRect();
      const { width, height } = this.viewer.view.screen;
      return {
        x: ((event.clientX - box.left) * width) / box.width,
        y: ((event.clientY - box.top) * height) / box.height,
      };
    }

    press(event) {
      if (!this.viewer.film || event.target.closest("button")) return;
      const { viewer } = this;
      this.stage.focus({ preventScroll: true });
      this.down.set(event.pointerId, this.place(event));
      this.stage.setPointerCapture(event.pointerId);
      if (viewer.marker.drawing && event.button === LEFT) {
        viewer.marker.start(viewer.view.at(this.place(event)));
      } else {
        this.windowing = event.button === RIGHT || (event.button === LEFT && viewer.windowing);
      }
    }

    move(event) {
      const before = this.down.get(event.pointerId);
      if (!before) return;
      const now = this.place(event);
      this.down.set(event.pointerId, now);
      const { viewer } = this;
      if (this.down.size === 2) {
        this.pinch(event.pointerId, before, now);
      } else if (viewer.marker.started) {
        viewer.marker.stretch(viewer.view.at(now));
      } else if (this.windowing) {
        const css = viewer.pixel;
        viewer.changeWindow(Math.exp(((now.x - before.x) / css) * WINDOW), ((now.y - before.y) / css) * WINDOW);
      } else {
        viewer.changeView((view) => view.pan(now.x - before.x, now.y - before.y));
      }
    }

    pinch(moved, before, now) {
      const [, still] = [...this.down].find(([id]) => id !== moved);
      const apart = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
      this.viewer.marker.forget();
      this.viewer.changeView((view) => {
        view.setZoom((view.zoom * apart(still, now)) / apart(still, before), {
          x: (still.x + before.x) / 2,
          y: (still.y + before.y) / 2,
        });
        view.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      });
    }

    release(event) {
      if (!this.down.delete(event.pointerId)) return;
      this.windowing = false;
      if (event.type === "pointerup") this.viewer.marker.finish();
      else this.viewer.marker.forget();
    }

    wheel(event) {
      const { viewer } = this;
      const inwards = event.deltaY < 0;
      // At its smallest the film lets the page scroll on.
      if (!viewer.film || (!inwards && viewer.view.zoom <= viewer.view.leastZoom * 1.0001)) return;
      event.preventDefault();
      const units = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE : event.deltaY;
      const factor = Math.exp(-units * (event.ctrlKey ? TOUCH_PAD : WHEEL));
      viewer.changeView((view) => view.setZoom(view.zoom * factor, this.place(event)));
    }

    twice(event) {
      const { viewer } = this;
      if (!viewer.film || viewer.marker.drawing || event.target.closest("button")) return;
      if (viewer.view.fitted) viewer.changeView((view) => view.setZoom(Math.max(1, 2 * view.zoom), this.place(event)));
      else viewer.fit();
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { Gestures });
}
