// Measures how the frames of a page are laid out, and writes what it finds as JSON into an element at the end.
function luminance([red, green, blue]) {
  const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
}

function parts(colour) {
  const numbers = colour.match(/[\d.]+/g).map(Number);
  return numbers.length === 3 ? [...numbers, 1] : numbers;
}

function over(top, below) {
  return [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3]));
}

// The colour behind an element: backgrounds of its ancestors, laid over each other.
function behind(element, view) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.push(parts(view.getComputedStyle(one).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
}

function contrast(element, view) {
  const back = behind(element, view);
  const front = over(parts(view.getComputedStyle(element).color), back);
  const [low, high] = [luminance(back), luminance(front)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// The elements that have a text of their own, and the boxes of their lines.
function texts(page) {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim()) continue;
    const range = page.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
    if (boxes.length) found.push({ node, element: node.parentElement, text: node.textContent.trim(), boxes });
  }
  return found;
}

function overlap(a, b) {
  const slack = 3; // a line's box is higher than its letters
  return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - slack && b.top < a.bottom - slack;
}

function measure(frame) {
  const page = frame.contentDocument;
  const view = frame.contentWindow;
  const width = view.innerWidth;
  const found = texts(page);
  const scrolls = (element) => element.closest(".scroll") !== null;
  const clipped = (element) => element.closest(".band") !== null;
  const wider = found.filter((one) => !scrolls(one.element) && one.boxes.some((box) => box.right > width || box.left < 0));
  const overlapping = [];
  const checked = found.filter((one) => !scrolls(one.element) && !clipped(one.element));
  for (let i = 0; i < checked.length; i++) {
    for (let j = i + 1; j < checked.length; j++) {
      if (checked[i].boxes.some((a) => checked[j].boxes.some((b) => overlap(a, b)))) {
        overlapping.push([checked[i].text, checked[j].text]);
      }
    }
  }
  return {
    width,
    texts: found.length,
    wider: [...wider.map((one) => one.text), ...(page.documentElement.scrollWidth > width ? ["the page"] : [])],
    overlapping,
    contrasts: found.map((one) => [one.text, contrast(one.element, view)]),
  };
}

window.addEventListener("load", () => {
  const result = document.createElement("pre");
  result.id = "measured";
  result.textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(measure));
  document.body.append(result);
});
