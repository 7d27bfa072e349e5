// The browser of images: sorts and filters the thumbnails, and opens the strip of an image.
// The element `content` holds the maps and the images as JSON, as wsol/browser/page.py writes them.
"use strict";

const byId = (id) => document.getElementById(id);
const content = JSON.parse(byId("content").textContent);
const PANEL = 180; // longest side of a panel, pixels
const OPACITY = 0.6; // of a heatmap on the grey picture
let shown = []; // the images that the filters leave, in order
let current = 0; // of these, the one that was opened last

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// ---------------------------------------------------------------- thumbnails

const chosenMaps = () => ["first", "second"].map((id) => Number(byId(id).value));
const iouText = (image, map) => image.iou[map] === null ? "no IoU" : `IoU ${image.iou[map].toFixed(2)}`;
const verdict = (image) => image.right ? "✓ predicted correctly" : `✗ predicted ${image.predicted}`;

function thumbnail(image) {
  const button = element("button", { type: "button", title: image.name });
  button.append(element("img", { src: image.picture, alt: "" }), element("b", { textContent: image.label }),
    element("span", { textContent: verdict(image) }), element("span", { className: "ious" }));
  button.addEventListener("click", () => open(shown.indexOf(image)));
  return button;
}

/** The value by which an image is sorted, the largest first. Equal images keep the dataset's order. */
function sortValue(image) {
  const [first, second] = chosenMaps().map((map) => image.iou[map] ?? 0);
  const values = { highest: first, lowest: -first, most: first - second, least: second - first };
  return values[byId("order").value] ?? 0;
}

function update() {
  const [label, prediction] = [byId("label").value, byId("prediction").value];
  shown = content.images
    .filter((image) => (!label || image.label === label) && (!prediction || String(image.right) === prediction))
    .sort((first, second) => sortValue(second) - sortValue(first));
  for (const image of shown) {
    const [first, second] = chosenMaps().map((map) => iouText(image, map));
    image.button.querySelector(".ious").textContent = `first map: ${first}, second map: ${second}`;
  }
  byId("grid").replaceChildren(...shown.map((image) => image.button));
  byId("count").textContent = `${shown.length} of ${content.images.length} images`;
}

// ---------------------------------------------------------------- the strip of an image

async function loaded(source) {
  const image = element("img", { src: source });
  await image.decode();
  return image;
}

function strokeBoxes(context, boxes, colour, dashes) {
  const { width, height } = context.canvas;
  for (const [ymin, xmin, ymax, xmax] of boxes.filter((box) => box[2] > box[0] && box[3] > box[1])) {
    for (const [style, line, pattern] of [["#000", 4, []], [colour, 2, dashes]]) {
      Object.assign(context, { strokeStyle: style, lineWidth: line });
      context.setLineDash(pattern);
      context.strokeRect(xmin * width, ymin * height, (xmax - xmin) * width, (ymax - ymin) * height);
    }
  }
}

/** A canvas with the heatmap in colour: enlarged bilinearly as grey values, then coloured. */
function coloured(heatmaps, { top, height, width }, canvas) {
  const heat = element("canvas", { width: canvas.width, height: canvas.height }).getContext("2d");
  heat.drawImage(heatmaps, 0, top, width, height, 0, 0, canvas.width, canvas.height);
  const pixels = heat.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    pixels.data.set(content.colours[pixels.data[at]], at);
  }
  heat.putImageData(pixels, 0, 0);
  return heat.canvas;
}

function panel(image, picture, heatmaps, map) {
  const scale = PANEL / Math.max(picture.width, picture.height);
  const canvas = element("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  const context = canvas.getContext("2d");
  context.filter = map === undefined ? "none" : "grayscale(1)";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.filter = "none";
  if (content.maps[map]?.height) { // a baseline has no heatmap
    context.globalAlpha = OPACITY;
    context.drawImage(coloured(heatmaps, content.maps[map], canvas), 0, 0);
    context.globalAlpha = 1;
  }
  strokeBoxes(context, image.truth, "#56B4E9", []);
  strokeBoxes(context, map === undefined ? [] : [image.boxes[map]], "#F0E442", [6, 4]);
  const caption = map === undefined ? "picture" : `${content.maps[map].title}: ${iouText(image, map)}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", caption);
  return element("figure", {}, canvas, element("figcaption", { textContent: caption }));
}

async function open(number) {
  current = Math.min(Math.max(number, 0), shown.length - 1);
  const image = shown[current];
  byId("title").textContent = `${image.label}: ${image.name}`;
  byId("about").textContent = `${verdict(image)}. Image ${current + 1} of ${shown.length}.`;
  if (!byId("opened").open) byId("opened").showModal();
  const [picture, heatmaps] = await Promise.all([loaded(image.picture), loaded(image.heatmaps)]);
  if (image !== shown[current]) return; // another image was opened meanwhile
  const order = new Set([undefined, ...chosenMaps(), ...content.maps.keys()]);
  byId("strip").replaceChildren(...[...order].map((map) => panel(image, picture, heatmaps, map)));
}

// ---------------------------------------------------------------- the keyboard

function moveFocus(event) {
  const { key, altKey, ctrlKey, metaKey, shiftKey, target } = event;
  if (!key.startsWith("Arrow") || altKey || ctrlKey || metaKey || shiftKey) return; // the browser's own keys
  if (byId("opened").open || target.closest("form")) return; // arrow keys have another use there
  const buttons = [...byId("grid").children];
  const columns = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const at = buttons.indexOf(document.activeElement);
  // where none has the focus, the first in the window gets it
  const next = at < 0 ? buttons.find((button) => button.getBoundingClientRect().top >= 0) : buttons[at + steps[key]];
  if (next) {
    next.focus();
    event.preventDefault(); // the arrow keys would scroll the page too
  }
}

function start() {
  const total = content.count > content.images.length ? `${content.images.length} of ${content.count}` : content.count;
  document.querySelector("h1").textContent = `${content.dataset}: ${total} test images`;
  document.title = `${content.dataset}: test images`;
  for (const id of ["first", "second"]) {
    byId(id).append(...content.maps.map(({ title }, map) => new Option(title, map)));
  }
  byId("second").selectedIndex = content.maps.findLastIndex((map) => map.height); // a refined map, where there is one
  const labels = [...new Set(content.images.map((image) => image.label))].sort();
  byId("label").append(...labels.map((label) => new Option(label)));
  for (const image of content.images) image.button = thumbnail(image);
  document.querySelector("form").addEventListener("change", update);
  document.addEventListener("keydown", moveFocus);
  byId("opened").addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft" || key === "ArrowRight") open(current + (key === "ArrowLeft" ? -1 : 1));
  });
  byId("opened").addEventListener("close", () => shown[current].button.focus());
  byId("previous").addEventListener("click", () => open(current - 1));
  byId("next").addEventListener("click", () => open(current + 1));
  byId("close").addEventListener("click", () => byId("opened").close());
  update();
}

start();
