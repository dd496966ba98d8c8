// Keys of the viewer. They work while it has the focus, or while the pointer is over it and nothing else has the focus.
{
  const PAN = 60; // CSS pixels by key
  const WINDOW = 1.1;
  const LEVEL = 0.05; // share of the window's width

  const pan = (dx, dy) => (viewer) => viewer.changeView((view) => view.pan(dx * viewer.pixel, dy * viewer.pixel));
  const side = (name, dx) => (viewer) => (viewer.view.fitted ? viewer.announce(name) : pan(dx, 0)(viewer));

  // What a key does, for the keys as browsers name them.
  const ACTIONS = {
    "+": (viewer) => viewer.changeView((view) => view.step(true)),
    "-": (viewer) => viewer.changeView((view) => view.step(false)),
    0: (viewer) => viewer.fit(),
    1: (viewer) => viewer.setZoom(1),
    i: (viewer) => viewer.invert(),
    r: (viewer) => viewer.reset(),
    h: (viewer) => viewer.setHeat(!viewer.heat),
    f: (viewer) => viewer.toggleFullScreen(),
    w: (viewer) => viewer.changeWindow(1, -LEVEL),
    s: (viewer) => viewer.changeWindow(1, LEVEL),
    "[": (viewer) => viewer.changeWindow(1 / WINDOW, 0),
    "]": (viewer) => viewer.changeWindow(WINDOW, 0),
    n: (viewer) => viewer.announce("cxr-next"),
    p: (viewer) => viewer.announce("cxr-previous"),
    "?": (viewer) => viewer.toolbar.help(),
    ArrowLeft: side("cxr-previous", PAN),
    ArrowRight: side("cxr-next", -PAN),
    ArrowUp: pan(0, PAN),
    ArrowDown: pan(0, -PAN),
  };
  const SAME = { "=": "+", "−": "-", _: "-" };
  const OF_A_CONTROL = "input, select, textarea, dialog, [contenteditable]"; // has keys of its own

  // What the help says, in its order: keys and what they do.
  const list = () => [
    ["+ −", cxrWord("Zoom in and out. So does the wheel, or two fingers.")],
    ["0", cxrWord("Show the whole film. So does a double click.")],
    ["1", cxrWord("100 %: a pixel of the film is a pixel of the screen.")],
    ["← → ↑ ↓", cxrWord("Move a film that is zoomed in. So does dragging.")],
    ["[ ]", cxrWord("More or less contrast. So does dragging left or right with the right button.")],
    ["W S", cxrWord("Brighter or darker. So does dragging up or down with the right button.")],
    ["I", cxrWord("Swap black and white.")],
    ["H", cxrWord("Show or hide what the network marked.")],
    ["F", cxrWord("Full screen. Escape leaves it.")],
    ["R", cxrWord("Back to how the film was shown at first.")],
    ["N P", cxrWord("Next or previous film of a list. So do → and ← while the whole film is shown.")],
    ["?", cxrWord("Show these keys.")],
  ];

  const handle = (viewer, event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !viewer.film) return;
    const own = viewer.contains(event.target);
    const hovered = event.target === document.body && viewer.matches(":hover");
    if ((!own && !hovered) || event.target.closest(OF_A_CONTROL)) return;
    if (event.key === "Escape" && viewer.leaveFullScreen()) return;
    if (viewer.marker.drawing && viewer.marker.key(event)) {
      event.preventDefault();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = ACTIONS[SAME[key] ?? key];
    const scrolls = ["ArrowUp", "ArrowDown"].includes(key) && viewer.view.fitted; // then they are the page's
    if (!action || scrolls) return;
    event.preventDefault();
    action(viewer);
  };

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { handleKey: handle, keyList: list });
}
