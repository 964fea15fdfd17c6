// The labels of the texts: summary, table, one text in detail, downloads.

import { writeCsv } from "./csv.js";
import { byProbability, changes, decide, needsPerson } from "./decide.js";
import { find, make, percent, plural, save } from "./dom.js";

const PAGE = 25;
const PERSON = "needs a person";

/** Return the columns that a download adds to those of the input; facts: of /model. */
export const addedColumns = (facts) =>
  ["predicted_labels", "probabilities", ...(facts.refer_above === null ? [] : ["needs_person"])];

export class Results {
  /** facts: of /model; open: called with the number of a text to be shown; choose: with a label. */
  constructor({ thresholds, facts, open, choose }) {
    Object.assign(this, { thresholds, facts, open, choose, page: 0, chosen: null });
    find("save-csv").addEventListener("click", () => this.#saveCsv());
    find("save-json").addEventListener("click", () => this.#saveJson());
  }

  show(input, predictions) {
    Object.assign(this, { input, page: 0, chosen: null, opened: 0 });
    this.probabilities = predictions.map((one) => one.probabilities);
    this.given = predictions.map((one) => one.labels);
    this.before = this.#decided(this.thresholds.own);
    find("result").hidden = false;
    find("table-part").hidden = predictions.length === 1;
    this.render();
  }

  render() {
    if (!this.probabilities) return;
    this.now = this.#decided(this.thresholds.now);
    this.person = this.probabilities.map((one, k) => needsPerson(one, this.now[k], this.facts.refer_above));
    this.#renderSummary();
    if (!find("table-part").hidden) this.#renderRows();
    this.renderDetail();
  }

  /** The labels of each text; a system that decides by itself has no thresholds to move. */
  #decided(thresholds) {
    if (this.facts.decides) return this.given;
    return this.probabilities.map((one) => decide(one, thresholds, this.facts.never_empty));
  }

  /** The labels of the opened text, as {kept, added, removed}. */
  get current() {
    return changes(this.now[this.opened], this.before[this.opened]);
  }

  renderDetail() {
    const focused = document.activeElement?.dataset.label;
    const { removed } = this.current;
    const names = [...this.now[this.opened], ...removed];
    const chips = names.map((name) => this.#button(name));
    if (!this.now[this.opened].length) chips.unshift(make("span", { className: "chip absent" }, this.#nearest()));
    if (this.person[this.opened]) chips.push(make("span", { className: "chip person" }, PERSON));
    find("labels").replaceChildren(...chips);
    if (focused) chips.find((chip) => chip.dataset.label === focused)?.focus();
    const many = this.probabilities.length > 1;
    find("detail-heading").textContent = many ? `Text ${this.opened + 1}` : "Words behind each label";
  }

  #button(name) {
    const kind = this.#kind(name, this.current);
    const chip = make("button", { type: "button", className: `chip ${kind}` },
      make("span", {}, name), make("span", { className: "number" }, percent(this.probabilities[this.opened][name])));
    if (kind) chip.append(make("span", { className: "hidden" }, kind === "plus" ? " (added)" : " (removed)"));
    chip.dataset.label = name;
    chip.setAttribute("aria-pressed", String(name === this.chosen));
    chip.addEventListener("click", () => this.choose(name));
    return chip;
  }

  #kind(name, { added, removed }) {
    if (added.includes(name)) return "plus";
    return removed.includes(name) ? "minus" : "";
  }

  #nearest() {
    const one = this.probabilities[this.opened];
    const [name] = byProbability(one);
    return name ? `No label is over its threshold; the most probable is ${name} (${percent(one[name])}).` : "No label";
  }

  #renderSummary() {
    const all = this.now.map((names, k) => changes(names, this.before[k]));
    const total = (part) => all.reduce((sum, one) => sum + one[part].length, 0);
    const given = this.now.reduce((sum, names) => sum + names.length, 0);
    const empty = this.now.filter((names) => !names.length).length;
    const texts = this.now.length > 1 ? `${plural(this.now.length, "text")}, ` : "";
    const without = this.now.length > 1 && empty ? `, ${empty.toLocaleString("en")} with none` : "";
    const people = this.person.filter(Boolean).length;
    const unsure = people ? ` ${plural(people, "text")} for a person.` : "";
    const moved = this.thresholds.moved
      ? ` Against the model’s own thresholds: ${total("added")} added, ${total("removed")} removed.`
      : "";
    find("summary").textContent = `${texts}${plural(given, "label")}${without}.${unsure}${moved}`;
  }

  #renderRows() {
    const from = this.page * PAGE;
    const rows = this.now.slice(from, from + PAGE).map((names, k) => this.#row(from + k, names));
    find("rows").replaceChildren(...rows);
    this.#renderPager();
  }

  #row(number, names) {
    const text = this.input.texts[number];
    const short = text.length > 160 ? `${text.slice(0, 160)} …` : text || "(blank)";
    const button = make("button", { type: "button", className: "text-button" }, short);
    button.addEventListener("click", () => this.open(number));
    const parts = changes(names, this.before[number]);
    const chips = [...names, ...parts.removed].map((name) => {
      const kind = this.#kind(name, parts);
      const told = { plus: " (added)", minus: " (removed)" }[kind] ?? "";
      return make("span", { className: `chip ${kind}` }, make("span", {}, name),
        make("span", { className: "hidden" }, told));
    });
    if (this.person[number]) chips.push(make("span", { className: "chip person" }, PERSON));
    const row = make("tr", { className: number === this.opened ? "open" : "" },
      make("td", {}, String(number + 1)), make("td", {}, button),
      make("td", {}, make("div", { className: "chips" }, ...(chips.length ? chips : ["none"]))));
    return row;
  }

  #renderPager() {
    const pages = Math.ceil(this.now.length / PAGE);
    find("pager").hidden = pages < 2;
    const turn = (text, by) => {
      const button = make("button", { type: "button", disabled: !(this.page + by in [...Array(pages)]) }, text);
      button.addEventListener("click", () => {
        this.page += by;
        this.#renderRows();
        const [back, , on] = find("pager").children;
        const wanted = by < 0 ? back : on;
        (wanted.disabled ? (by < 0 ? on : back) : wanted).focus();
      });
      return button;
    };
    const place = make("span", { className: "quiet" }, `Page ${this.page + 1} of ${pages}`);
    find("pager").replaceChildren(turn("Back", -1), place, turn("Next", 1));
  }

  #saveCsv() {
    const { table, texts } = this.input;
    const refers = this.facts.refer_above !== null;
    const header = [...(table?.header ?? ["text"]), ...addedColumns(this.facts)];
    const rows = texts.map((text, k) => [
      ...(table?.rows[k] ?? [text]), this.now[k].join("|"), JSON.stringify(this.probabilities[k]),
      ...(refers ? [String(this.person[k])] : []),
    ]);
    save("labels.csv", "text/csv", writeCsv([header, ...rows]));
  }

  #saveJson() {
    const { table, texts } = this.input;
    const rows = texts.map((text, k) => ({
      ...(table ? Object.fromEntries(table.header.map((name, c) => [name, table.rows[k][c]])) : { text }),
      predicted_labels: this.now[k],
      probabilities: this.probabilities[k],
      ...(this.facts.refer_above === null ? {} : { needs_person: this.person[k] }),
    }));
    save("labels.json", "application/json", `${JSON.stringify(rows, null, 1)}\n`);
  }
}
