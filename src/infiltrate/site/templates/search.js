"use strict";
(() => {
  const index = window.SEARCH_INDEX;
  const query = document.getElementById("query");
  const part = document.getElementById("part");
  const state = document.getElementById("state");
  const list = document.getElementById("results");
  const MOST = 40;
  const STOP = new Set(("a an and are as at be been but by for from has have if in into is it its no not of on or so " +
    "than that the their them then there these they this to was were what which who with").split(" "));
  const words = Object.keys(index.words).sort();

  // as find_words of the index does it
  const singular = (word) =>
    word.length > 4 && word.endsWith("ies") ? word.slice(0, -3) + "y"
      : word.length > 3 && word.endsWith("s") && !/(ss|us|is)$/.test(word) ? word.slice(0, -1) : word;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const asked = (text) => (plain(text).match(/[a-z0-9]+/g) || [])
    .filter((word) => word.length > 1 && !STOP.has(word));

  const postings = (word) => {
    let at = 0;
    return index.words[word].split(" ").map((step) => {
      const value = parseInt(step, 36);
      at += value >> 4;
      return [at, value & 15];
    });
  };
  const beginning = (stem) => {
    let low = 0, high = words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (words[middle] < stem) low = middle + 1; else high = middle;
    }
    const found = [];
    while (low < words.length && words[low].startsWith(stem)) found.push(words[low++]);
    return found;
  };

  // sections that hold one word asked for, with a score: the word itself counts twice
  const holding = (word) => {
    const scores = new Map();
    const known = new Map();
    if (word.length > 2) for (const longer of beginning(word)) known.set(longer, 1);
    for (const same of [word, singular(word)]) if (index.words[same]) known.set(same, 2);
    for (const [each, times] of known) {
      const where = postings(each);
      const rarity = Math.log(1 + index.sections.length / where.length);
      for (const [section, weight] of where) {
        scores.set(section, Math.max(scores.get(section) || 0, times * weight * rarity));
      }
    }
    return scores;
  };

  const search = (text, within) => {
    const found = asked(text).map(holding);
    const total = new Map();
    for (const scores of found) {
      for (const [section, score] of scores) {
        if (within && index.parts[index.sections[section][4]] !== within) continue;
        const [before, times] = total.get(section) || [0, 0];
        total.set(section, [before + score, times + 1]);
      }
    }
    const all = [...total].filter(([, [, times]]) => times === found.length);
    const kept = all.length ? all : [...total];
    kept.sort(([a, [x, m]], [b, [y, n]]) => n - m || y - x || a - b);
    return { sections: kept.map(([section]) => index.sections[section]), partly: !all.length && kept.length > 0 };
  };

  const marked = (element, text, sought) => {
    const stems = sought.map(singular);
    for (const piece of text.split(/([\p{L}\p{N}]+)/u)) {
      const hit = stems.some((stem) => plain(piece) === stem || (stem.length > 2 && plain(piece).startsWith(stem)));
      if (hit) {
        const mark = document.createElement("mark");
        mark.textContent = piece;
        element.append(mark);
      } else element.append(piece);
    }
  };

  const show = (all) => {
    const text = query.value.trim();
    const sought = asked(text);
    list.replaceChildren();
    if (!sought.length) {
      state.textContent = text ? "Only short or very common words: give one that says more." : "Give one word or several.";
      return;
    }
    const { sections, partly } = search(text, part.value);
    const number = sections.length;
    state.textContent = !number ? `Nothing has '${text}'${part.value ? ` in ${part.value}` : ""}. Try fewer or shorter words.`
      : (partly ? "No place has all of these words; with some of them: " : "") + `${number} ${number === 1 ? "place" : "places"}.`;
    for (const [address, page, heading, extract, place] of sections.slice(0, all ? number : MOST)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = address;
      marked(link, heading ? `${page}: ${heading}` : page, sought);
      const where = document.createElement("span");
      where.className = "units";
      where.textContent = index.parts[place];
      const words = document.createElement("p");
      marked(words, extract, sought);
      item.append(link, where, words);
      list.append(item);
    }
    if (!all && number > MOST) {
      const more = document.createElement("button");
      more.type = "button";
      more.textContent = `Show the other ${number - MOST}`;
      more.addEventListener("click", () => show(true));
      const item = document.createElement("li");
      item.append(more);
      list.append(item);
    }
  };

  const remember = () => {
    const given = new URLSearchParams();
    if (query.value) given.set("q", query.value);
    if (part.value) given.set("in", part.value);
    try { history.replaceState(null, "", `?${given}`); } catch { /* a page from disk may not */ }
    show(false);
  };
  document.getElementById("without-script").remove();
  query.form.hidden = state.hidden = false;
  query.focus();
  const given = new URLSearchParams(location.search);
  query.value = given.get("q") || "";
  part.value = given.get("in") || "";
  if (part.selectedIndex < 0) part.selectedIndex = 0;
  query.addEventListener("input", remember);
  part.addEventListener("change", remember);
  query.form.addEventListener("submit", (event) => { event.preventDefault(); remember(); });
  if (query.value) show(false);
})();
