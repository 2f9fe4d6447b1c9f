"use strict";
// Searches, sorts, filters and compares the rows of this page's tables, which are its only data.
// Without it all rows stand there, in the order of the release.
(() => {
  const byId = (id) => document.getElementById(id);
  const tools = byId("tools");
  const words = tools.dataset;
  const search = byId("search");
  const only = byId("only");
  const most = 2; // rows that are compared
  const chosen = new Set();

  const language = document.documentElement.lang;
  const fill = (text, gaps) => text.replace(/\{(\w+)\}/g, (_, name) => gaps[name].toLocaleString(language));
  const make = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };

  // A number as this language writes it: the first of "34 % (28 tot 41)", of "20-29", of "1000+".
  const decimal = words.decimal;
  const number = (text) => {
    const found = /^[+\-−]?\d[\d.,]*/.exec(text.replace("€", "").trim());
    if (!found) return NaN;
    const digits = found[0].replace(decimal === "," ? /\./g : /,/g, "");
    return Number(digits.replace(decimal, ".").replace("−", "-"));
  };

  // As `publish/files/cells.py` does: a text starts no formula, however it is opened.
  const starts = /^[=+\-@\t\r\n\0|]/;
  const isNumber = /^[+\-−]?[\d.,]+$/;
  const safe = (text) => {
    if (isNumber.test(text)) return text;
    const inside = text.replace(/([;,\t\r\n]\s*["']?\s*)(?=[=+\-@＝＋－＠])/g, "$1'");
    const first = text.trimStart().slice(0, 1).normalize("NFKC");
    return starts.test(text) || starts.test(first) ? "'" + inside : inside;
  };
  const csv = (lines) =>
    "\ufeff" +
    lines.map((line) => line.map((t) => `"${safe(t).replaceAll('"', '""')}"`).join(";") + "\r\n").join("");

  class Table {
    constructor(element) {
      this.element = element;
      this.body = element.tBodies[0];
      this.heads = [...element.tHead.rows[0].cells];
      this.names = this.heads.map((head) => head.textContent);
      this.rows = [...this.body.rows];
      this.picks = [];
      this.bar = make("div", "", { class: "bar" });
      element.parentElement.before(this.bar);
      this.heads.forEach((head, place) => {
        if (head.hasAttribute("data-pick")) this.offerPick(place);
        this.offerOrder(head, place);
      });
      this.count = make("span", "", { class: "count" });
      const save = make("button", words.download, { type: "button" });
      save.addEventListener("click", () => this.download());
      this.bar.append(this.count, save);
    }

    offerPick(place) {
      const label = make("label", this.names[place] + " ");
      const pick = make("select", "");
      pick.append(make("option", words.all, { value: "" }));
      const values = new Set(this.rows.map((row) => row.cells[place].textContent));
      for (const value of values) if (value) pick.append(make("option", value, { value }));
      if (values.size === 1) return;
      pick.addEventListener("change", show);
      label.append(pick);
      this.bar.append(label);
      this.picks.push([place, pick]);
    }

    offerOrder(head, place) {
      const button = make("button", this.names[place], { type: "button" });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const isNumbers = head.hasAttribute("data-number");
        const was = head.getAttribute("aria-sort");
        const isDown = was ? was === "ascending" : isNumbers;
        for (const other of this.heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        this.order(place, isNumbers, isDown);
        tell(fill(words.sorted, { column: this.names[place] }));
      });
    }

    // What has no number, such as what is not shown, comes last in both directions.
    order(place, isNumbers, isDown) {
      const letters = new Intl.Collator(language, { numeric: true });
      const turn = isDown ? -1 : 1;
      const keyed = this.rows.map((row) => {
        const text = row.cells[place].textContent;
        return [isNumbers ? number(text) : text, row];
      });
      keyed.sort(([a], [b]) => {
        if (!isNumbers) return turn * letters.compare(a, b);
        if (isNaN(a) || isNaN(b)) return isNaN(a) - isNaN(b);
        return turn * (a - b);
      });
      this.rows = keyed.map(([, row]) => row);
      this.body.append(...this.rows);
    }

    show(isWanted) {
      const asked = this.picks.filter(([, pick]) => pick.value);
      let count = 0;
      for (const row of this.rows) {
        const isPicked = asked.every(([place, pick]) => row.cells[place].textContent === pick.value);
        row.hidden = !(isPicked && isWanted(row));
        count += row.hidden ? 0 : 1;
      }
      this.count.textContent = fill(words.rows, { shown: count, all: this.rows.length });
      return count;
    }

    download() {
      const lines = this.rows.filter((row) => !row.hidden);
      const cells = lines.map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
      const file = new Blob([csv([this.names, ...cells])], { type: "text/csv;charset=utf-8" });
      const link = make("a", "", { download: this.element.id + ".csv" });
      link.href = URL.createObjectURL(file);
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  }

  const [groups, ...others] = [...document.querySelectorAll("table:not(#compared)")].map((t) => new Table(t));
  const standing = new Set();
  const flagged = byId("flagged");
  if (flagged) for (const row of flagged.tBodies[0].rows) standing.add(row.dataset.g);
  if (standing.size === 0) only.parentElement.hidden = true;

  const tell = (text) => {
    byId("told").textContent = text;
  };

  // A group is chosen by the button in its row; the tables below then tell of those chosen only.
  for (const row of groups.rows) {
    const head = row.cells[0];
    const button = make("button", head.textContent, { type: "button", "aria-pressed": "false" });
    button.title = words.choose;
    head.replaceChildren(button);
    button.addEventListener("click", () => choose(row));
  }

  function choose(row) {
    if (!chosen.delete(row)) chosen.add(row);
    while (chosen.size > most) chosen.delete(chosen.values().next().value);
    for (const one of groups.rows) {
      one.cells[0].firstChild.setAttribute("aria-pressed", String(chosen.has(one)));
    }
    show();
    const names = [...chosen].map((one) => one.cells[0].textContent).join(", ");
    tell(names ? fill(words.chosen, { names }) : words.none);
  }

  function compare() {
    const place = byId("compared");
    byId("compare").hidden = chosen.size === 0;
    const rows = [...chosen];
    const head = make("tr", "");
    head.append(make("th", words.what, { scope: "col" }));
    for (const row of rows) head.append(make("th", row.cells[0].textContent, { scope: "col" }));
    const lines = groups.names.slice(1).map((name, column) => {
      const line = make("tr", "");
      line.append(make("th", name, { scope: "row" }));
      for (const row of rows) line.append(make("td", row.cells[column + 1].textContent));
      return line;
    });
    place.tHead.replaceChildren(head);
    place.tBodies[0].replaceChildren(...lines);
  }

  function show() {
    const asked = search.value.trim().toLocaleLowerCase().split(/\s+/);
    const searched = [0, ...groups.picks.map(([place]) => place)];
    const wanted = (row) => {
      const texts = searched.map((place) => row.cells[place].textContent);
      const text = texts.join(" ").toLocaleLowerCase();
      return asked.every((word) => text.includes(word)) && (!only.checked || standing.has(row.dataset.g));
    };
    const count = groups.show(wanted);
    const from = chosen.size ? [...chosen] : groups.rows.filter((row) => !row.hidden);
    const keys = new Set(from.map((row) => row.dataset.g));
    const isWhole = !chosen.size && count === groups.rows.length;
    for (const table of others) {
      table.show((row) => isWhole || row.dataset.g === undefined || keys.has(row.dataset.g));
    }
    compare();
    tell(fill(words.rows, { shown: count, all: groups.rows.length }));
  }

  search.addEventListener("input", show);
  only.addEventListener("change", show);
  byId("clear").addEventListener("click", () => {
    search.value = "";
    only.checked = false;
    for (const table of [groups, ...others]) for (const [, pick] of table.picks) pick.value = "";
    for (const row of [...chosen]) choose(row);
    show();
    search.focus();
  });
  tools.hidden = false;
  show();
})();
