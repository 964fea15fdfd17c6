// The page: asks the server, and puts input, thresholds and results together.

import { ApiError, explain, model, predict, useToken } from "./api.js";
import { CsvError } from "./csv.js";
import { find, plural } from "./dom.js";
import { Input } from "./input.js";
import { addedColumns, Results } from "./results.js";
import { Thresholds } from "./thresholds.js";
import { showText, tellWords } from "./words.js";

let facts, thresholds, results, stopping;
let explained = new Map();
let without = "";
const input = new Input(complain, () => (facts ? addedColumns(facts) : []));

function complain(sentence) {
  find("input-problem").textContent = sentence;
  find("input-problem").hidden = !sentence;
  find("input").setAttribute("aria-invalid", String(Boolean(sentence)));
}

async function begin() {
  try {
    facts = await model();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    find("model-facts").textContent = error.message;
    find("token-form").hidden = error.status !== 401;
    if (error.status === 401) {
      find("guarded").hidden = true; // a link carries no token
      find("token").focus();
    }
    return;
  }
  find("token-form").hidden = true;
  find("model-name").textContent = `· ${facts.name}`;
  document.title = `${facts.name} · clmil`;
  const score = facts.validation.micro_f1;
  const told = score === undefined ? "" : ` · validation micro-F1 ${(100 * score).toFixed(1)}`;
  find("model-facts").textContent = `${facts.system} · ${plural(facts.labels.length, "label")} · learnt from ${plural(facts.training_documents, "text")}${told}`;
  thresholds = new Thresholds(facts.labels, () => results.render());
  thresholds.refresh();
  find("thresholds").hidden = facts.decides;
  results = new Results({ thresholds, facts, open, choose });
}

async function label() {
  let read;
  try {
    read = input.read(facts);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    complain(error.message);
    return;
  }
  complain("");
  busy(read.texts.length);
  try {
    const done = (number) => progress(number, read.texts.length);
    const predictions = await predict(read.texts, facts, { signal: stopping.signal, done });
    explained = new Map();
    results.show(read, predictions);
    await open(0, { focus: false });
  } catch (error) {
    if (error instanceof ApiError) complain(error.message);
    else if (error.name !== "AbortError") throw error;
  } finally {
    idle();
  }
}

function busy(texts) {
  stopping = new AbortController();
  find("go").disabled = true;
  find("progress").hidden = texts === 1;
  progress(0, texts);
}

function idle() {
  find("go").disabled = false;
  find("progress").hidden = true;
}

function progress(number, texts) {
  find("progress-bar").value = number / texts;
  find("progress-text").textContent = `${number.toLocaleString("en")} of ${plural(texts, "text")}`;
}

/** Show a text in detail. */
async function open(number, { focus = true } = {}) {
  results.opened = number;
  const [first] = results.now[number];
  results.chosen = first ?? null;
  results.render();
  thresholds.show(results.probabilities[number]);
  if (focus) find("detail-heading").focus();
  await words(first);
}

async function choose(name) {
  results.chosen = name;
  results.renderDetail();
  await words(name);
}

/** Colour the words that speak for a label; the server is asked once for each. */
async function words(name) {
  const number = results.opened;
  const text = results.input.texts[number];
  showText(text);
  find("words").textContent = find("legend").textContent = "";
  if (!name || without) {
    find("words").textContent = without;
    return;
  }
  find("words").textContent = "Looking for the words …";
  try {
    const found = await wordsOf(text, number, name);
    if (results.opened !== number || results.chosen !== name) return;
    showText(text, found.words);
    tellWords(name, found.words);
    find("legend").textContent = `The stronger the colour, the more a word speaks for ${name}; dashed words speak against it.`;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 501) without = error.message;
    if (results.opened === number) find("words").textContent = error.message;
  }
}

async function wordsOf(text, number, name) {
  const key = JSON.stringify([number, name]);
  if (!explained.has(key)) {
    const into = explained;
    const answer = await explain(text, [name]);
    for (const one of answer.labels) into.set(JSON.stringify([number, one.label]), one);
  }
  return explained.get(key) ?? { words: [] };
}

find("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  if (facts && !find("go").disabled) label();
});
find("input").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("ask").requestSubmit();
});
find("cancel").addEventListener("click", () => stopping.abort());
find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(find("token").value);
  find("token").value = "";
  begin();
});
begin();
