// The card inside a model's file: input size, operating points, what its training films were like.
//
// ONNX Runtime gives metadata to C and Python, not to JavaScript. But an ONNX file is one protobuf message, ModelProto,
// whose field 14 holds key and value of each entry, so few lines find it.

const KEY = "cxr_edge.card";
const [METADATA, ENTRY_KEY, ENTRY_VALUE] = [14, 1, 2];
const [VARINT, FIXED_64, BYTES, FIXED_32] = [0, 1, 2, 5]; // protobuf's wire types

/**
 * @param {Uint8Array} model an ONNX file
 * @returns {object} the card, as `cxr-edge info --format json` prints it
 * @throws {Error} another file, one without card, or one that wants another preprocessing
 */
export function readCard(model) {
  let text;
  try {
    for (const [field, entry] of fields(model)) {
      if (field !== METADATA) continue;
      const { [ENTRY_KEY]: key, [ENTRY_VALUE]: value } = Object.fromEntries(fields(entry));
      if (utf8(key) === KEY) text = utf8(value);
    }
  } catch {
    throw new Error("found a file that is no ONNX model; expected one made by cxr-edge");
  }
  if (!text) throw new Error("found an ONNX model without a card; expected one made by cxr-edge");
  const card = JSON.parse(text);
  if (card.preprocessing !== 2 || !card.quality)
    throw new Error(`found a model of preprocessing ${card.preprocessing}; expected 2, which windows every film`);
  return card;
}

/** The fields of a protobuf message that hold bytes: pairs of number and Uint8Array. */
function* fields(message) {
  let at = 0;
  const varint = () => {
    let [value, shift] = [0, 1];
    let byte;
    do {
      if (at >= message.length) throw new RangeError("the message ends within a number");
      byte = message[at++];
      value += (byte & 127) * shift; // no bit operations: lengths may exceed 32 bits
      shift *= 128;
    } while (byte & 128);
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag & 7;
    if (type === VARINT) varint();
    else if (type === FIXED_64) at += 8;
    else if (type === FIXED_32) at += 4;
    else if (type === BYTES) {
      const length = varint();
      if (at + length > message.length) throw new RangeError("the message ends within a field");
      yield [Math.floor(tag / 8), message.subarray(at, at + length)];
      at += length;
    } else throw new RangeError(`unknown wire type ${type}`);
  }
}

function utf8(bytes) {
  return new TextDecoder().decode(bytes);
}
