// The panel of sliders: one a label, and one for all.

import { find, make, percent } from "./dom.js";

const FIRST = 12;

export class Thresholds {
  /** labels: as /model tells them; changed: called after every move. */
  constructor(labels, changed) {
    this.own = Object.fromEntries(labels.map(({ name, threshold }) => [name, threshold]));
    this.now = { ...this.own };
    this.changed = changed;
    this.all = false;
    this.items = labels.map((label) => this.#item(label));
    find("sliders").replaceChildren(...this.items.map(({ element }) => element));
    find("every").addEventListener("input", () => this.#setAll(Number(find("every").value)));
    find("reset").addEventListener("click", () => this.#reset());
    find("filter").addEventListener("input", () => this.#arrange());
    find("more").addEventListener("click", () => {
      this.all = !this.all;
      this.#arrange();
    });
    this.#arrange();
  }

  get moved() {
    return Object.keys(this.now).some((name) => this.now[name] !== this.own[name]);
  }

  /** Show a text's probabilities beside the sliders, the probable ones first; null: none. */
  show(probabilities) {
    this.probabilities = probabilities;
    const order = (item) => -(probabilities?.[item.name] ?? 0);
    this.items.sort((a, b) => order(a) - order(b));
    find("sliders").append(...this.items.map(({ element }) => element));
    this.#arrange();
    this.refresh();
  }

  refresh() {
    for (const item of this.items) {
      const probability = this.probabilities?.[item.name];
      const at = this.now[item.name];
      item.element.classList.toggle("given", probability > at);
      item.element.classList.toggle("moved", at !== this.own[item.name]);
      item.share.textContent = probability === undefined ? "" : percent(probability);
      item.fill.style.width = `${100 * (probability ?? 0)}%`;
      item.slider.value = at;
      const sign = probability === undefined ? "" : probability > at ? " > " : " ≤ ";
      item.slider.setAttribute("aria-valuetext", percent(at) + (probability > at ? ", given" : ""));
      item.output.textContent = sign + percent(at);
    }
    find("reset").disabled = !this.moved;
  }

  #item({ name, description }) {
    const fill = make("i");
    const meter = make("div", { className: "meter", aria: { hidden: "true" } }, fill);
    const share = make("b", { className: "share" });
    const output = make("output", { className: "quiet" });
    const slider = make("input", {
      type: "range", min: 0, max: 1, step: 0.01, title: description || name, aria: { label: `Threshold of ${name}` },
    });
    slider.addEventListener("input", () => {
      this.now[name] = Number(slider.value);
      this.#moved();
    });
    const head = make("div", { className: "name" }, make("span", {}, name), make("span", {}, share, output));
    const track = make("div", { className: "track" }, meter, slider);
    return { name, element: make("li", {}, head, track), slider, output, share, fill };
  }

  #setAll(value) {
    for (const name of Object.keys(this.now)) this.now[name] = value;
    find("every-value").textContent = percent(value);
    this.#moved();
  }

  #reset() {
    this.now = { ...this.own };
    find("every-value").textContent = "–";
    this.#moved();
  }

  #moved() {
    this.refresh();
    this.changed();
  }

  #arrange() {
    const wanted = find("filter").value.trim().toLowerCase();
    const fitting = this.items.filter(({ name }) => name.toLowerCase().includes(wanted));
    const shown = new Set(this.all || wanted ? fitting : fitting.slice(0, FIRST));
    for (const item of this.items) item.element.hidden = !shown.has(item);
    find("more").hidden = Boolean(wanted) || this.items.length <= FIRST;
    find("more").textContent = this.all ? "Show fewer" : `Show all ${this.items.length} labels`;
  }
}
