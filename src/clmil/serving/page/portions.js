// Texts in portions, each of which is a request that the server takes.

const MOST = 32;
const LARGEST = 1_000_000;
const EMPTY = '{"texts":[]}'.length;

const encoder = new TextEncoder();
const bytes = (text) => encoder.encode(JSON.stringify(text)).length;

/** Return the bytes of a request of one text. */
export const alone = (text) => EMPTY + bytes(text);

/** Yield the texts in portions within the limits of /model, and small enough to show progress. */
export function* portions(texts, { largest_request, largest_body }) {
  const [most, largest] = [Math.min(largest_request, MOST), Math.min(largest_body, LARGEST)];
  let [some, size] = [[], EMPTY];
  for (const text of texts) {
    const more = bytes(text) + 1; // a comma
    if (some.length === most || (some.length && size + more > largest)) {
      yield some;
      [some, size] = [[], EMPTY];
    }
    some.push(text);
    size += more;
  }
  if (some.length) yield some;
}
