// Reading and writing CSV. What cannot be read is told in one sentence, with its line.

export class CsvError extends Error {}

const DELIMITERS = [",", ";", "\t"];

/** Return {header, rows, lines, delimiter}; rows are arrays of cells, lines where each begins. */
export function readCsv(source) {
  const text = source.replace(/^\uFEFF/, "");
  if (!text.trim()) throw new CsvError("The CSV is empty; give a header line and at least one row.");
  if (text.includes("\0")) {
    throw new CsvError("This is no text (it holds null bytes); save the table as CSV in UTF-8.");
  }
  const delimiter = findDelimiter(text);
  const records = [...cells(text, delimiter)];
  const header = records[0].row.map((name) => name.trim());
  checkHeader(header);
  const body = records.slice(1).filter(({ row }) => row.length > 1 || row[0].trim() || header.length === 1);
  if (!body.length) throw new CsvError("Line 1 is all there is; below the header must be at least one row.");
  for (const { row, line } of body) {
    if (row.length !== header.length) {
      throw new CsvError(
        `Line ${line} has ${count(row.length, "cell")} but the header has ${header.length}; ` +
          `put cells that hold ${named(delimiter)} in double quotes.`,
      );
    }
  }
  return { header, rows: body.map(({ row }) => row), lines: body.map(({ line }) => line), delimiter };
}

/** Refuse a table that has columns already which are to be added to it. */
export function checkFree({ header }, added) {
  const taken = added.find((name) => header.includes(name));
  if (taken === undefined) return;
  throw new CsvError(`Line 1, the header, has a column "${taken}" already, which the labels would replace; rename it.`);
}

/** Return the column that most likely holds the text. */
export function textColumn({ header, rows }) {
  const known = header.findIndex((name) => /^(text|message|body|content|document|abstract)$/i.test(name));
  if (known >= 0) return known;
  const some = rows.slice(0, 100);
  const lengths = header.map((_, k) => some.reduce((sum, row) => sum + row[k].length, 0));
  return lengths.indexOf(Math.max(...lengths));
}

/** Return CSV with CRLF, as RFC 4180 has it. */
export function writeCsv(rows) {
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map((cell) => quoted(String(cell))).join(",")).join("\r\n") + "\r\n";
}

function findDelimiter(text) {
  const first = text.slice(0, 100_000).split(/\r\n|\n|\r/, 1)[0].replace(/"(?:[^"]|"")*"/g, "");
  const counts = DELIMITERS.map((one) => first.split(one).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

function* cells(text, delimiter) {
  let [at, line, start, row] = [0, 1, 1, []];
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      const opened = line;
      [cell, at, line] = quotedCell(text, at + 1, line, opened);
      if (at < text.length && text[at] !== delimiter && !"\r\n".includes(text[at])) {
        throw new CsvError(`Line ${line} has text after a closing quote; write a quote inside a cell as "".`);
      }
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at += 1;
      cell = text.slice(from, at);
    }
    row.push(cell);
    if (text[at] === delimiter) {
      at += 1;
      if (at < text.length) continue;
      row.push("");
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at += 1;
    at += 1;
    line += 1;
    yield { row, line: start };
    [row, start] = [[], line];
  }
}

function quotedCell(text, from, startLine, opened) {
  let [at, line, cell] = [from, startLine, ""];
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) {
      throw new CsvError(`The quote that opens in line ${opened} is never closed; close it, or write "" for a quote.`);
    }
    const part = text.slice(at, end);
    cell += part;
    line += part.split(/\r\n|\n|\r/).length - 1;
    if (text[end + 1] !== '"') return [cell, end + 1, line];
    cell += '"';
    at = end + 2;
  }
}

function checkHeader(header) {
  const blank = header.indexOf("");
  if (blank >= 0) {
    throw new CsvError(`Line 1, the header, has no name for column ${blank + 1}; name every column.`);
  }
  const twice = header.find((name, k) => header.indexOf(name) !== k);
  if (twice !== undefined) {
    throw new CsvError(`Line 1, the header, names the column "${twice}" twice; names must differ.`);
  }
}

const named = (delimiter) => ({ ",": "a comma", ";": "a semicolon", "\t": "a tab" })[delimiter];
const count = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;
