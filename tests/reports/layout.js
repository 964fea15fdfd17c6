// What is wrong with the layout of a page, as sentences. `inside` is the page's window.
function faults(inside) {
  const page = inside.document, said = [], spots = [];
  const wide = page.documentElement.scrollWidth;
  if (wide > inside.innerWidth) said.push(`the page is ${wide} wide in ${inside.innerWidth}`);
  for (const { name } of inside.performance.getEntriesByType("resource")) said.push(`loads ${name}`);
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, text = node.textContent.trim();
    const element = node.parentElement;
    if (!text || element.closest(".skip, title") || !element.checkVisibility()) continue;
    const range = page.createRange();
    range.selectNodeContents(node);
    const svg = element.closest("svg");
    for (const box of range.getClientRects()) {
      if (svg && outside(box, svg.getBoundingClientRect())) said.push(`cut off: ${text}`);
      const seen = clipped(box, element);
      if (seen) spots.push({ ...seen, text, node });
    }
  }
  spots.sort((one, other) => one.top - other.top);
  spots.forEach((one, k) => {
    for (let j = k + 1; j < spots.length && spots[j].top < one.bottom - 2; j++) {
      const other = spots[j], wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - other.top;
      if (one.node !== other.node && wide > 2 && high > 2)
        said.push(`overlap: ${one.text} and ${other.text}`);
    }
  });
  return said;
}

function outside(box, frame) {
  return box.left < frame.left - 2 || box.right > frame.right + 2
    || box.top < frame.top - 2 || box.bottom > frame.bottom + 2;
}

// The part of a box that is seen inside the boxes that scroll; nothing where it is scrolled away.
function clipped(box, element) {
  let { left, top, right, bottom } = box;
  for (let at = element.closest(".scroll"); at; at = at.parentElement.closest(".scroll")) {
    const frame = at.getBoundingClientRect();
    [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
    [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
  }
  return right > left && bottom > top ? { left, top, right, bottom } : null;
}
