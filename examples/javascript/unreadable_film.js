/** A film that cannot be scored: what was found instead of what was expected, in the words of `cxr_edge`. */
export class UnreadableFilm extends Error {
  /**
   * @param {string} found such as "an empty file"
   * @param {string} expected such as "a readable picture file"
   */
  constructor(found, expected) {
    super(`found ${found}; expected ${expected}`);
    this.name = "UnreadableFilm";
  }
}
