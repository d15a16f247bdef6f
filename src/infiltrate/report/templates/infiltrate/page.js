// What a page can do beyond being read. Without it every word and number is there all the same.
(() => {
"use strict";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const button = (words, act, properties = {}) => {
  const element = make("button", { type: "button", textContent: words, ...properties });
  element.addEventListener("click", act);
  return element;
};
const save = (text, name) => {
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
};

// Tables: order and filter of the rows

const SHOWN = 15, FEWEST_TO_SORT = 3, FEWEST_TO_FILTER = 8;
const SIZES = { thousand: 1e3, million: 1e6, billion: 1e9 };
const NUMBER = /^([<>≤≥~]?)\s*([-−+]?[\d.,]+(?:e[-+]?\d+)?)\s*(%|thousand|million|billion)?\b.*$/i;
const COUNTED = /^[<>≤≥~]?\s*[-−+]?[\d.,]+(e[-+]?\d+)?\s*(%|thousand|million|billion)?(\s*[A-Z]{3})?(\s*\(.*\)|\s+to\s.*)?$/i;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const words = (cell) => cell.textContent.trim().replace(/\s+/g, " ");
const isMissing = (text) => text === "–" || text === "" || text === "not known";
const isDate = (text) => /^\d{4}-\d\d(-\d\d)?/.test(text);

const asNumber = (text) => {
  const [, sign, digits, size = ""] = NUMBER.exec(text);
  const value = parseFloat(digits.replace(/,/g, "").replace("−", "-"));
  // "<0.1%" comes before "0.1%"
  const nudge = sign === "<" ? 1 - 1e-9 : sign === ">" ? 1 + 1e-9 : 1;
  return value * nudge * (SIZES[size.toLowerCase()] || 1);
};

const readColumn = (rows, place) => {
  const texts = rows.map((row) => words(row.cells[place]));
  const known = texts.filter((text) => !isMissing(text));
  const isNumeric = known.length > 0 && known.every((text) => COUNTED.test(text) && !isDate(text));
  const keys = texts.map((text) => (isMissing(text) ? null : isNumeric ? asNumber(text) : text));
  return { keys, isNumeric };
};

const comparing = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

let titles = 0;
const liven = (scroll) => {
  const table = scroll.querySelector("table");
  const head = table.tHead && table.tHead.rows[0];
  const folded = scroll.nextElementSibling;
  const isFolded = Boolean(folded && folded.matches("details.more-rows"));
  const body = table.tBodies[0];
  const rows = [...(body ? body.rows : []), ...(isFolded ? folded.querySelectorAll("tbody tr") : [])];
  const isPlain = head && rows.every((row) => row.cells.length === head.cells.length);
  if (!isPlain || rows.length < FEWEST_TO_SORT) return;
  if (isFolded) folded.remove();

  const title = words(table.caption);
  const columns = new Map();
  const texts = [];
  let order = rows, sorted = "", wanted = [], isWhole = !isFolded;

  const status = make("span", { className: "status" });
  status.setAttribute("role", "status");
  const more = button("", () => { isWhole = !isWhole; show(); }, { className: "more" });

  const matches = (row) => {
    const place = rows.indexOf(row);
    texts[place] ??= plain([...row.cells].map(words).join(" "));
    return wanted.every((word) => texts[place].includes(word));
  };
  const shown = () => (wanted.length ? order.filter(matches) : order);
  const show = () => {
    const kept = shown();
    const visible = new Set(isWhole ? kept : kept.slice(0, SHOWN));
    rows.forEach((row) => { row.hidden = !visible.has(row); });
    body.append(...order);
    const found = wanted.length ? `${kept.length} of ${rows.length} rows match` : `${rows.length} rows`;
    const part = visible.size < kept.length ? `, the first ${visible.size} shown` : "";
    status.textContent = found + part + sorted;
    more.hidden = kept.length <= SHOWN || !isFolded;
    more.textContent = isWhole ? `Show the first ${SHOWN} rows only` : `Show all ${kept.length} rows`;
  };

  const sort = (cell, place) => {
    if (!columns.has(place)) columns.set(place, readColumn(rows, place));
    const { keys, isNumeric } = columns.get(place);
    const [first, second] = isNumeric ? ["descending", "ascending"] : ["ascending", "descending"];
    const now = cell.getAttribute("aria-sort");
    const next = now === first ? second : now === second ? null : first;
    for (const other of head.cells) other.removeAttribute("aria-sort");
    const turn = next === "descending" ? -1 : 1;
    const compare = (a, b) => {
      if (keys[a] === null || keys[b] === null) return (keys[a] === null) - (keys[b] === null);
      return turn * (isNumeric ? keys[a] - keys[b] : comparing.compare(keys[a], keys[b]));
    };
    order = next ? rows.map((_, index) => index).sort(compare).map((index) => rows[index]) : rows;
    if (next) cell.setAttribute("aria-sort", next);
    const how = isNumeric ? { ascending: "smallest first", descending: "largest first" }
      : { ascending: "A to Z", descending: "Z to A" };
    sorted = next ? `, by ${cell.firstChild.firstChild.textContent}, ${how[next]}` : "";
    show();
  };
  [...head.cells].forEach((cell, place) => {
    if (!words(cell)) return;
    const inside = button("", () => sort(cell, place), { className: "sort", title: "Sort by this column" });
    inside.append(...cell.childNodes);
    cell.append(inside);
  });

  const tools = make("div", { className: "tools table-tools" });
  if (rows.length >= FEWEST_TO_FILTER) {
    const field = make("input", { type: "search", placeholder: "Filter rows", spellcheck: false });
    field.setAttribute("aria-label", `Filter the rows of: ${title}`);
    field.addEventListener("input", () => {
      wanted = plain(field.value).split(/\s+/).filter(Boolean);
      show();
    });
    tools.append(field);
  }
  const quoted = (cell) => `"${(isMissing(words(cell)) ? "" : words(cell)).replace(/"/g, '""')}"`;
  const download = () => {
    const lines = [head, ...shown()].map((row) => [...row.cells].map(quoted).join(","));
    save(lines.join("\n") + "\n", `${plain(title).replace(/[^a-z0-9]+/g, "-").slice(0, 60)}.csv`);
  };
  if (!scroll.closest("details.numbers")) tools.append(button("Save as CSV", download));
  tools.append(status);
  if (rows.length >= FEWEST_TO_FILTER) {
    // the title stands above the field that filters what it names
    const heading = make("p", { className: "table-title", id: `table-${++titles}` });
    heading.append(...table.caption.childNodes);
    table.caption.remove();
    table.setAttribute("aria-labelledby", heading.id);
    scroll.before(heading, tools);
    scroll.after(more);
    show();
  } else {
    status.className = "unseen";
    scroll.after(status);
  }
};
document.querySelectorAll(".scroll").forEach((scroll) => {
  if (!scroll.closest(".more-rows") && scroll.querySelector("table")) liven(scroll);
});

// Figures: enlarged in a window of their own

const FACTOR = 1.4, LARGEST = 8, READABLE = 1.2;

const openFigure = (image, title) => {
  const copy = image.cloneNode();
  copy.removeAttribute("width");
  copy.removeAttribute("height");
  copy.draggable = false;
  const view = make("div", { className: "view", tabIndex: 0 }, copy);
  view.setAttribute("role", "group");
  view.setAttribute("aria-label", "Figure; arrow keys move it, plus and minus change its size");
  let size = 1;
  const zoom = (wanted) => {
    const next = Math.min(LARGEST, Math.max(1, wanted));
    const middle = [view.scrollLeft + view.clientWidth / 2, view.scrollTop + view.clientHeight / 2];
    const grown = next / size;
    size = next;
    const fit = Math.min(view.clientWidth, 2 * image.getAttribute("width") || Infinity);
    copy.style.width = `${Math.round(fit * size)}px`;
    view.scrollTo(middle[0] * grown - view.clientWidth / 2, size === 1 ? 0 : middle[1] * grown - view.clientHeight / 2);
  };
  const heading = make("p", { className: "zoom-title", id: "zoom-title", textContent: title });
  const close = button("Close", () => dialog.close());
  const dialog = make("dialog", { className: "zoom" },
    make("div", { className: "tools" }, heading,
      button("Larger", () => zoom(size * FACTOR)), button("Smaller", () => zoom(size / FACTOR)),
      button("Fit", () => zoom(1)), close),
    view);
  dialog.setAttribute("aria-labelledby", "zoom-title");
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { "+": () => zoom(size * FACTOR), "=": () => zoom(size * FACTOR), "-": () => zoom(size / FACTOR), 0: () => zoom(1) }[event.key];
    if (act) { act(); event.preventDefault(); }
  });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(size * (event.deltaY < 0 ? FACTOR : 1 / FACTOR));
  }, { passive: false });
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") view.setPointerCapture(event.pointerId);
  });
  view.addEventListener("pointermove", (event) => {
    if (view.hasPointerCapture(event.pointerId)) view.scrollBy(-event.movementX, -event.movementY);
  });
  document.body.append(dialog);
  dialog.showModal();
  // on a narrow screen all of a drawing would be too small to read
  zoom(READABLE * image.getAttribute("width") / view.clientWidth || 1);
};
document.querySelectorAll("figure.figure").forEach((figure) => {
  const image = figure.querySelector(".picture img");
  if (!image) return;
  const title = words(figure.querySelector("figcaption strong"));
  const open = () => openFigure(image, title);
  let tools = figure.querySelector("p.tools");
  if (!tools) {
    tools = make("p", { className: "tools" });
    figure.querySelector(".picture").after(tools);
  }
  const enlarge = button("Enlarge", open);
  enlarge.setAttribute("aria-label", `Enlarge the figure: ${title}`);
  tools.prepend(enlarge);
  image.classList.add("zoomable");
  image.addEventListener("click", open);
});

// Code: all of it unfolded or folded at once

const codes = [...document.querySelectorAll(".step > details.code")];
if (codes.length) {
  const areOpen = () => codes.every((code) => code.open);
  const say = () => { all.textContent = areOpen() ? "Hide all code" : "Show all code"; };
  const all = button("", () => {
    const open = !areOpen();
    codes.forEach((code) => { code.open = open; });
    say();
  });
  codes.forEach((code) => code.addEventListener("toggle", say));
  say();
  const above = document.querySelector("main nav.contents") || document.querySelector("h1");
  above.after(make("p", { className: "tools page-tools" }, all));
}

// Only what is wider than its place is a stop for the keyboard

const names = new Map();
const watch = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const isWide = target.scrollWidth > target.clientWidth + 1;
    const stop = { tabindex: "0", role: "group", "aria-label": names.get(target) };
    for (const [name, value] of Object.entries(stop)) {
      if (isWide) target.setAttribute(name, value);
      else target.removeAttribute(name);
    }
  }
});
document.querySelectorAll(".scroll, .picture, pre").forEach((element) => {
  names.set(element, element.getAttribute("aria-label") || "Code");
  watch.observe(element);
});
})();
