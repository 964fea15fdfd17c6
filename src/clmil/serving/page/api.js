// Talking to the server. Every failure is an ApiError with one sentence.

import { portions } from "./portions.js";

export class ApiError extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

let token = "";
const PATIENCE = 20;

export function useToken(given) {
  token = given;
}

export const model = () => ask("/model");
export const explain = (text, labels) => ask("/explain", labels ? { text, labels } : { text });

/** Return one prediction a text; asks in portions that fit the server, tells how many are done. */
export async function predict(texts, facts, { signal, done }) {
  const predictions = [];
  for (const some of portions(texts, facts)) {
    const answer = await ask("/predict", { texts: some }, signal);
    predictions.push(...answer.predictions);
    done(predictions.length);
  }
  return predictions;
}

async function ask(path, body, signal) {
  for (let turn = 1; ; turn += 1) {
    const response = await send(path, body, signal);
    if (response.ok) return response.json();
    const wait = Number(response.headers.get("Retry-After"));
    if (response.status !== 503 || turn === PATIENCE) {
      throw new ApiError(response.status, await sentence(response));
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 * (wait || 1)));
    signal?.throwIfAborted();
  }
}

async function send(path, body, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const request = { headers, signal };
  if (body) {
    headers["Content-Type"] = "application/json";
    Object.assign(request, { method: "POST", body: JSON.stringify(body) });
  }
  try {
    return await fetch(path, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer; see whether it still runs, then try again.");
  }
}

async function sentence(response) {
  try {
    const { error } = await response.json();
    return error.charAt(0).toUpperCase() + error.slice(1);
  } catch {
    return `The server answered ${response.status}; try again.`;
  }
}
