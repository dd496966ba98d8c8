// What Gradio's place to drop films does not do: it tells the page of an upload only when it is complete, takes no other
// films until then, and takes films on a part of its area only. Here each drop waits until the one before it is handed on.
{
  const PLACES = ["drop-film", "drop-compare", "drop-worklist"];
  const REST = 300; // ms for which a place must have stood ready: at once after an upload, Gradio loses its way
  const PATIENCE = 5000; // ms after which a place that stands ready, but has handed nothing on, must have refused it
  const queue = []; // [id of the place, films, whether they were photographed by the phone's camera]
  const state = {}; // by id of the place: its input, since when it is there, and whether a drop is on its way
  for (const id of PLACES) state[id] = { input: null, since: 0, underway: false, photographed: false };

  const placeOf = (element) => element.closest?.(PLACES.map((id) => `#${id}`).join());
  // The answer to the last film goes at once: on a slow line the page would otherwise show one patient's answer beside
  // another patient's film.
  const forget = (id) => document.getElementById(id.replace("drop", "forget"))?.click();

  function look(id) {
    const input = document.querySelector(`#${id} input[type=file]`); // there is none while the place sends
    if (input !== state[id].input) Object.assign(state[id], { input, since: Date.now() });
    return state[id];
  }

  function isFree(id) {
    const { input, since, underway } = look(id);
    return input !== null && Date.now() - since >= (underway ? PATIENCE : REST);
  }

  function wait(id, films, photographed = false) {
    const kept = new DataTransfer(); // an event's own list of files is empty after the event
    for (const film of id === "drop-worklist" ? films : [...films].slice(0, 1)) kept.items.add(film);
    if (kept.files.length) queue.push([id, kept.files, photographed]);
    if (kept.files.length < films.length) alert(cxrWord("This page takes one film at a time, and got the first. Worklist takes many."));
  }

  document.addEventListener("change", (event) => {
    const place = event.target.type === "file" && placeOf(event.target);
    if (!place) return;
    forget(place.id);
    if (look(place.id).underway && !isFree(place.id)) {
      event.stopImmediatePropagation();
      wait(place.id, event.target.files);
    } else {
      Object.assign(state[place.id], { underway: true, since: Date.now(), photographed: false });
    }
  }, true);
  document.addEventListener("drop", (event) => {
    event.preventDefault(); // a film beside a place would replace the page, and with it every answer
    const place = placeOf(event.target);
    if (!place) return;
    event.stopImmediatePropagation();
    event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
    forget(place.id);
    wait(place.id, event.dataTransfer.files);
  }, true);
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("cxr-photographed", ({ detail: { place, films } }) => {
    forget(place);
    wait(place, films, true);
  });
  window.cxrPhotographed = (id) => state[id].photographed; // asked when an upload is handed on
  document.addEventListener("cxr-handed-on", (event) => {
    state[event.detail].underway = false;
    state[event.detail].since = Date.now();
  });

  setInterval(() => {
    const free = PLACES.filter(isFree); // looks at every place, each time
    const next = queue.findIndex(([id]) => free.includes(id));
    if (next < 0) return;
    const [[id, films, photographed]] = queue.splice(next, 1);
    state[id].input.files = films;
    state[id].input.dispatchEvent(new Event("change", { bubbles: true }));
    state[id].photographed = photographed;
  }, 50);
}
