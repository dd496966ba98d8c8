// Which rows of a worklist are shown, and in which order. No element is touched here.
{
  const URGENCY = ["refer", "review", "retake", "no finding"];
  const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const COMPARED = {
    number: (a, b) => a.number - b.number,
    name: (a, b) => names.compare(a.name, b.name),
    probability: (a, b) => (a.probability ?? -1) - (b.probability ?? -1),
    // The more urgent first; among those of one decision the more probable.
    decision: (a, b) => URGENCY.indexOf(a.decision) - URGENCY.indexOf(b.decision) || (b.probability ?? -1) - (a.probability ?? -1),
    reasons: (a, b) => b.reasons.length - a.reasons.length || names.compare(a.reasons.join(), b.reasons.join()),
  };

  // Rows that fit a filter: { decisions: Set, reason: code or "", search: text }, where nothing asked is nothing left out.
  const fitting = (films, { decisions, reason, search }) => {
    const sought = search.trim().toLocaleLowerCase();
    return films.filter((film) =>
      (decisions.size === 0 || decisions.has(film.decision))
      && (reason === "" || film.reasons.includes(reason))
      && (sought === "" || film.name.toLocaleLowerCase().includes(sought)));
  };

  // The same rows by one column; those that are equal in it stay in the order of sending.
  const sorted = (films, column, downwards) => {
    const sign = downwards ? -1 : 1;
    return [...films].sort((a, b) => sign * COMPARED[column](a, b) || a.number - b.number);
  };

  // How many rows have which value, for the filters' labels.
  const counted = (values) => {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts;
  };

  // "about 2 minutes": rounded as anybody would say it.
  const timeLeft = (seconds) => {
    if (seconds < 10) return cxrWord("a few seconds left");
    if (seconds < 90) return cxrWord("about {n} seconds left", { n: 10 * Math.round(seconds / 10) });
    return cxrWord("about {n} minutes left", { n: Math.round(seconds / 60) });
  };

  window.cxrRows = { URGENCY, fitting, sorted, counted, timeLeft };
}
