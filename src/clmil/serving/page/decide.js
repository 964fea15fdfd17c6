// From probabilities to labels, as the server's decision rule does it.

/** Return the names of all labels, most probable first; objects have names like "7" before others. */
export const byProbability = (probabilities) =>
  Object.keys(probabilities).sort((one, other) => probabilities[other] - probabilities[one]);

/** Return the names of the labels that are given, most probable first. */
export function decide(probabilities, thresholds, neverEmpty) {
  const names = byProbability(probabilities);
  const given = names.filter((name) => probabilities[name] > thresholds[name]);
  if (given.length || !neverEmpty || !names.length) return given;
  const room = (name) => probabilities[name] - thresholds[name];
  return [names.reduce((best, name) => (room(name) > room(best) ? name : best))];
}

/** Return whether a person has to see a text: too many of its labels may be wrong; null: never. */
export function needsPerson(probabilities, given, limit) {
  if (limit === null) return false;
  const has = new Set(given);
  const wrong = Object.entries(probabilities).map(([name, value]) => (has.has(name) ? 1 - value : value));
  return wrong.reduce((sum, value) => sum + value, 0) > limit;
}

/** Return {kept, added, removed}: the labels now, beside those of the model's own thresholds. */
export function changes(now, before) {
  const [here, there] = [new Set(now), new Set(before)];
  return {
    kept: now.filter((name) => there.has(name)),
    added: now.filter((name) => !there.has(name)),
    removed: before.filter((name) => !here.has(name)),
  };
}
