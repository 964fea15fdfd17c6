// A text with its words coloured by what they say for a label.

import { find, make } from "./dom.js";

const LEVELS = 5;

/** Show the text; words with a score are marked. Offsets count characters, as Python does. */
export function showText(text, words = []) {
  const characters = Array.from(text);
  const largest = Math.max(...words.map(({ score }) => Math.abs(score)), 0);
  const parts = [];
  let at = 0;
  for (const { start, end, score } of [...words].sort((a, b) => a.start - b.start)) {
    if (start < at || !score) continue;
    const level = Math.max(1, Math.ceil((LEVELS * Math.abs(score)) / largest));
    const kind = score > 0 ? "for" : "against";
    parts.push(characters.slice(at, start).join(""));
    parts.push(make("mark", { className: `${kind} d${level}` }, characters.slice(start, end).join("")));
    at = end;
  }
  find("text").replaceChildren(...parts, characters.slice(at).join(""));
}

/** Say the same in a sentence, for those who do not see colours. */
export function tellWords(label, words) {
  const names = (chosen) => chosen.map(({ word }) => `“${word}”`).join(", ");
  const pro = words.filter(({ score }) => score > 0);
  const contra = words.filter(({ score }) => score < 0);
  const sentences = [
    pro.length ? `For ${label}: ${names(pro)}.` : `No word speaks for ${label}.`,
    contra.length ? `Against: ${names(contra)}.` : "",
  ];
  find("words").textContent = sentences.join(" ").trim();
}
