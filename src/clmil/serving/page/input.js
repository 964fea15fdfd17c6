// What the user gives: a text, lines, or a table from a paste, a drop or a file.

import { checkFree, CsvError, readCsv, textColumn } from "./csv.js";
import { find, make, plural } from "./dom.js";
import { alone } from "./portions.js";

const LARGEST_FILE = 20 * 2 ** 20;
const HINTS = {
  one: "Ctrl + Enter labels it. A CSV file can be dropped anywhere in this box.",
  lines: "Each line is a text of its own; blank lines are left out.",
  csv: "The first line names the columns. Commas, semicolons and tabs are understood.",
};

export class Input {
  /** complain: shows a sentence, or takes it away with ""; added: gives columns that downloads add. */
  constructor(complain, added) {
    Object.assign(this, { complain, added });
    this.table = null;
    this.file = null;
    for (const radio of document.getElementsByName("form")) {
      radio.addEventListener("change", () => this.#formChanged());
    }
    find("input").addEventListener("input", () => this.#typed());
    find("input").addEventListener("paste", () => setTimeout(() => this.#pasted()));
    find("file").addEventListener("change", () => this.#take(find("file").files[0]));
    this.#listenToDrops();
  }

  get form() {
    return document.querySelector('input[name="form"]:checked').value;
  }

  /** Return {texts, places, table, column}; throws a CsvError with one sentence; facts: of /model. */
  read(facts) {
    const found = this.#read();
    found.texts.forEach((text, k) => checkSize(text, found.places[k], facts));
    return found;
  }

  #read() {
    const given = this.file?.text ?? find("input").value;
    if (!given.trim()) throw new CsvError("There is no text yet; type or paste one, or drop a CSV file.");
    if (this.form === "one") return { texts: [given], places: ["The text"] };
    if (this.form === "lines") {
      const lines = given.split(/\r\n|\n|\r/).map((text, k) => ({ text, place: `Line ${k + 1}` }));
      const full = lines.filter(({ text }) => text.trim());
      return { texts: full.map(({ text }) => text), places: full.map(({ place }) => place) };
    }
    const table = this.#table(given);
    const column = Number(find("column").value);
    const places = table.lines.map((line) => `The text in line ${line}`);
    return { texts: table.rows.map((row) => row[column]), places, table, column };
  }

  #table(given) {
    const known = this.table?.source === given;
    const table = known ? this.table : { ...readCsv(given), source: given };
    checkFree(table, this.added());
    if (known) return table;
    const options = table.header.map((name, k) => make("option", { value: k }, name));
    find("column").replaceChildren(...options);
    find("column").value = textColumn(table);
    find("column-choice").hidden = false;
    this.table = table;
    return table;
  }

  #formChanged() {
    find("input-hint").textContent = HINTS[this.form];
    find("column-choice").hidden = this.form !== "csv" || !this.table;
    this.complain("");
    if (this.form === "csv" && (this.file || find("input").value.trim())) this.#tryTable();
  }

  #choose(form) {
    document.querySelector(`input[name="form"][value="${form}"]`).checked = true;
    this.#formChanged();
  }

  #typed() {
    this.file = null;
    this.complain("");
    find("input-hint").textContent = HINTS[this.form];
  }

  #pasted() {
    const [first, second] = find("input").value.split(/\r\n|\n|\r/);
    const columns = (first ?? "").toLowerCase().split(/[,;\t]/).map((name) => name.replaceAll('"', "").trim());
    if (this.form === "one" && second && columns.length > 1 && columns.includes("text")) this.#choose("csv");
    else if (this.form === "csv") this.#tryTable();
  }

  #tryTable() {
    try {
      const table = this.#table(this.file?.text ?? find("input").value);
      const name = this.file ? `${this.file.name}: ` : "";
      find("input-hint").textContent =
        `${name}${plural(table.rows.length, "row")}, ${plural(table.header.length, "column")}. Choose the text column, then label.`;
      this.complain("");
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      this.complain(error.message);
    }
  }

  async #take(file) {
    find("file").value = "";
    if (!file) return;
    if (/\.(xlsx?|ods|pdf|docx?|zip|gz|parquet)$/i.test(file.name)) {
      this.complain(`${file.name} is no CSV; save the table as CSV (UTF-8) and drop that.`);
      return;
    }
    if (file.size > LARGEST_FILE) {
      this.complain(`${file.name} has over 20 MB; label it with "clmil predict" on the command line instead.`);
      return;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      this.file = { name: file.name, text };
    } catch {
      this.complain(`${file.name} is not in UTF-8; save it as "CSV UTF-8" and drop it again.`);
      return;
    }
    find("input").value = "";
    this.#choose("csv");
  }

  #listenToDrops() {
    const box = find("drop");
    const over = (event) => {
      event.preventDefault();
      box.classList.toggle("dragged", event.type === "dragover" && box.contains(event.target));
    };
    for (const kind of ["dragover", "dragleave", "drop"]) window.addEventListener(kind, over);
    box.addEventListener("drop", (event) => {
      const file = event.dataTransfer.files[0];
      if (file) this.#take(file);
      else {
        find("input").value = event.dataTransfer.getData("text");
        this.#typed();
        this.#pasted();
      }
    });
  }
}

function checkSize(text, place, { longest_text, largest_body }) {
  const [characters, bytes] = [Array.from(text).length, alone(text)];
  if (characters > longest_text) throw tooLarge(`${place} has`, characters, "characters", longest_text);
  if (bytes > largest_body) throw tooLarge(`${place} makes a request of`, bytes, "bytes", largest_body);
}

function tooLarge(what, number, things, most) {
  const [has, takes] = [number, most].map((one) => one.toLocaleString("en"));
  return new CsvError(`${what} ${has} ${things} but the server takes ${takes}; shorten it.`);
}
