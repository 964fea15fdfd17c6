"use strict";
// Draws every panel's points in an orthographic view that all panels share.
const { kinds, panels } = JSON.parse(document.getElementById("data").textContent);
const canvases = [...document.querySelectorAll("canvas")];
const boxes = [...document.querySelectorAll("input[type=checkbox]")];
const place = Object.fromEntries(kinds.map((kind, number) => [kind.name, number]));
const clouds = panels.map(panel => ({
  points: Float32Array.from(panel.points),
  classes: panel.classes.map(name => place[name]),
}));
const view = { turn: -0.6, tilt: 0.35, zoom: 1 };
const MARKS = {
  o: (pen, x, y, r) => pen.arc(x, y, r, 0, 7),
  s: (pen, x, y, r) => pen.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  "^": (pen, x, y, r) => polygon(pen, x, y, r * 1.25, 3, -Math.PI / 2),
  v: (pen, x, y, r) => polygon(pen, x, y, r * 1.25, 3, Math.PI / 2),
  D: (pen, x, y, r) => polygon(pen, x, y, r * 1.25, 4, 0),
  "*": (pen, x, y, r) => polygon(pen, x, y, r * 1.4, 10, -Math.PI / 2, 0.45),
  P: (pen, x, y, r) => {
    pen.rect(x - r * 1.2, y - r * 0.4, r * 2.4, r * 0.8);
    pen.rect(x - r * 0.4, y - r * 1.2, r * 0.8, r * 2.4);
  },
};

function polygon(pen, x, y, r, corners, start, inner = 1) {
  for (let k = 0; k < corners; k++) {
    const angle = start + (2 * Math.PI * k) / corners;
    const length = k % 2 ? r * inner : r;
    pen[k ? "lineTo" : "moveTo"](x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  pen.closePath();
}

function project(x, y, z) {
  const side = x * Math.cos(view.turn) - y * Math.sin(view.turn);
  const deep = x * Math.sin(view.turn) + y * Math.cos(view.turn);
  return [
    side,
    z * Math.cos(view.tilt) - deep * Math.sin(view.tilt),
    deep * Math.cos(view.tilt) + z * Math.sin(view.tilt),
  ];
}

function draw(canvas, cloud) {
  const ratio = window.devicePixelRatio || 1;
  const size = canvas.clientWidth * ratio;
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  const scale = size * 0.42 * view.zoom;
  const at = ([x, y]) => [size / 2 + x * scale, size / 2 - y * scale];
  pen.clearRect(0, 0, size, size);
  frame(pen, at, ratio);
  const shown = boxes.map(box => box.checked);
  const seen = [];
  for (let k = 0; k < cloud.classes.length; k++) {
    if (shown[cloud.classes[k]]) seen.push([k, project(...cloud.points.subarray(3 * k, 3 * k + 3))]);
  }
  seen.sort((a, b) => b[1][2] - a[1][2]);
  for (const [k, spot] of seen) {
    const kind = kinds[cloud.classes[k]];
    pen.globalAlpha = 0.85 - 0.2 * spot[2];
    pen.fillStyle = kind.colour;
    pen.beginPath();
    MARKS[kind.mark](pen, ...at(spot), (2.6 - 0.6 * spot[2]) * ratio);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function frame(pen, at, ratio) {
  pen.strokeStyle = "#c3cad1";
  pen.fillStyle = "#59636e";
  pen.lineWidth = ratio;
  pen.font = `${12 * ratio}px system-ui, sans-serif`;
  for (const [number, end] of [[1.1, 0, 0], [0, 1.1, 0], [0, 0, 1.1]].entries()) {
    pen.beginPath();
    pen.moveTo(...at(project(...end.map(part => -part))));
    pen.lineTo(...at(project(...end)));
    pen.stroke();
    pen.fillText(`axis ${number + 1}`, ...at(project(...end.map(part => part * 1.06))));
  }
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    canvases.forEach((canvas, number) => draw(canvas, clouds[number]));
  });
}

function turn(across, down) {
  view.turn += across;
  view.tilt = Math.max(-1.55, Math.min(1.55, view.tilt + down));
  redraw();
}

function zoom(factor) {
  view.zoom = Math.max(0.4, Math.min(20, view.zoom * factor));
  redraw();
}

const KEYS = {
  ArrowLeft: () => turn(-0.1, 0),
  ArrowRight: () => turn(0.1, 0),
  ArrowUp: () => turn(0, 0.1),
  ArrowDown: () => turn(0, -0.1),
  "+": () => zoom(1.2),
  "-": () => zoom(1 / 1.2),
};

for (const canvas of canvases) {
  const held = new Map();
  const spread = () => {
    const [a, b] = [...held.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  canvas.addEventListener("pointerdown", event => {
    held.set(event.pointerId, [event.clientX, event.clientY]);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", event => {
    const last = held.get(event.pointerId);
    if (!last) return;
    const before = held.size === 2 ? spread() : 0;
    held.set(event.pointerId, [event.clientX, event.clientY]);
    if (before) zoom(spread() / before);
    else turn((event.clientX - last[0]) / 150, (event.clientY - last[1]) / 150);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, event => held.delete(event.pointerId));
  }
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 500));
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}
boxes.forEach(box => box.addEventListener("change", redraw));
window.addEventListener("resize", redraw);
redraw();
