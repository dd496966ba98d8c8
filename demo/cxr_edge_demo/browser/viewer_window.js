// Window and level: from the levels of a film to what is seen, by a table with an entry for each level.
{
  const OPAQUE = 0xff000000;
  const GREY = 0x010101;

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  // Share of white of a value, 0…1, as PS3.3 C.11.2 has it.
  const shareOf = ({ centre, width, function: kind = "LINEAR" }) => {
    if (kind === "SIGMOID") return (value) => 1 / (1 + Math.exp((-4 * (value - centre)) / width));
    const exact = kind === "LINEAR_EXACT";
    const middle = exact ? centre : centre - 0.5;
    const span = exact ? width : width - 1;
    return (value) => (span > 0 ? (value - middle) / span + 0.5 : value > middle ? 1 : 0);
  };

  // Levels 0…255 of a window that is given as a table itself.
  const levelOf = ({ table, first }) => {
    const levels = bytesOf(table);
    return (value) => levels[Math.min(levels.length - 1, Math.max(0, Math.trunc(value) - first))] / 255;
  };

  // Uint32Array of opaque greys (RGBA in memory) by level of the film.
  const tableOf = (film, grey, inverted) => {
    const { slope, offset, inverted: lowIsWhite } = film.facts;
    const entries = film.copies[0].levels.BYTES_PER_ELEMENT === 1 ? 256 : 65536;
    const share = grey.table ? levelOf(grey) : shareOf(grey);
    const turned = inverted !== lowIsWhite;
    const table = new Uint32Array(entries);
    for (let level = 0; level < entries; level++) {
      const seen = Math.min(1, Math.max(0, share(slope * level + offset)));
      table[level] = OPAQUE | (GREY * Math.round(255 * (turned ? 1 - seen : seen)));
    }
    return table;
  };

  // A window made wider (`wider` above 1) and moved by a share of its width; a table becomes a plain window.
  const changed = (grey, wider, moved) => {
    const function_ = grey.table ? "LINEAR" : (grey.function ?? "LINEAR");
    const least = function_ === "LINEAR" ? 2 : 1e-3;
    const width = Math.max(least, grey.width * wider);
    return { centre: grey.centre + moved * width, width, function: function_ };
  };

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { tableOf, changedWindow: changed });
}
