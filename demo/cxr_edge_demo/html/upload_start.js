// A new film clears the answer to the last one before it is sent: on a slow line the page would otherwise show one
// patient's answer beside another patient's film. Gradio tells the page of an upload only when it is complete.
for (const kind of ["change", "drop"]) {
  document.addEventListener(kind, (event) => {
    const place = event.target.closest?.("#drop-film, #drop-compare");
    if (place) document.getElementById(place.id.replace("drop", "forget"))?.click();
  }, true);
}
