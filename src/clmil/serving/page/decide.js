// From probabilities to labels, as the server's decision rule does it.

/** Return the names of the labels that are given, most probable first. */
export function decide(probabilities, thresholds, neverEmpty) {
  const names = Object.keys(probabilities);
  const given = names.filter((name) => probabilities[name] > thresholds[name]);
  if (given.length || !neverEmpty || !names.length) return given;
  const room = (name) => probabilities[name] - thresholds[name];
  return [names.reduce((best, name) => (room(name) > room(best) ? name : best))];
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
