// Runs within a page, apart from its own policy: what a reader would see amiss. Every function returns a list of what is
// wrong, so an empty list is good.

globalThis.measure = (() => {
  // Edges of cells fall between dots of the screen.
  const HAIR = 1.5;
  const told = (element, what) => `${what}: <${element.localName} ${element.className}> ${element.textContent.slice(0, 40)}`;
  const seen = element => !element.closest('.unseen') && element.localName !== 'tr';
  const beyond = (inner, outer) => inner.left < outer.left - HAIR || inner.top < outer.top - HAIR
    || outer.right + HAIR < inner.right || outer.bottom + HAIR < inner.bottom;
  // Where the words of an element stand. Spaces at the end of a line hang out of it, and nobody sees them.
  const lines = element => [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE).flatMap(node =>
    [...node.data.matchAll(/\S+/g)].flatMap(({ index, 0: word }) => {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      return [...range.getClientRects()];
    }));

  // What an element may not leave. Cells that span rows leave their row, and are held to the table.
  const around = element => element.closest('table') === element ? element.parentElement
    : element.closest('table') ?? element.parentElement;

  // What is cut off, stands out of its frame or its sheet, or lies on another text of its heading.
  function clipped() {
    const wrong = [];
    for (const sheet of document.querySelectorAll('article')) {
      const frame = sheet.getBoundingClientRect();
      for (const element of [sheet, ...sheet.querySelectorAll('*')].filter(seen)) {
        const box = element.getBoundingClientRect();
        if (element.clientWidth > 0
          && (element.clientWidth + 1 < element.scrollWidth || element.clientHeight + 1 < element.scrollHeight)) {
          wrong.push(told(element, 'holds more than it shows'));
        }
        if (element !== sheet && (beyond(box, frame) || beyond(box, around(element).getBoundingClientRect()))) {
          wrong.push(told(element, 'stands out'));
        }
        if (lines(element).some(line => beyond(line, box))) {
          wrong.push(told(element, 'text stands out'));
        }
      }
      const heading = [...sheet.querySelectorAll('header > *')];
      for (const [at, one] of heading.entries()) {
        for (const other of heading.slice(at + 1)) {
          const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
          if (lines(one).some(a => lines(other).some(b => meets(a, b)))) {
            wrong.push(told(other, 'lies on another'));
          }
        }
      }
    }
    return wrong;
  }

  // Numbers in two lines, which are read as two, boxes away from what they are for, and frames through what they frame.
  function torn() {
    const wrong = [];
    for (const element of document.querySelectorAll('article *')) {
      for (const node of [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)) {
        for (const { index, 0: word } of node.data.matchAll(/\d[\d,.]*\d|[□■]\S/g)) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          if (range.getClientRects().length > 1) wrong.push(told(element, `${word} is torn`));
        }
      }
      if (element.classList.contains('d')) {
        const { left, right } = element.getBoundingClientRect();
        if (lines(element).some(line => line.left < left + 2 || right - 2 < line.right)) {
          wrong.push(told(element, 'framed through'));
        }
      }
    }
    return wrong;
  }

  // How far a page can be pushed aside, which nobody should have to do line by line.
  function wide() {
    const { scrollWidth, clientWidth } = document.documentElement;
    return clientWidth < scrollWidth ? [`${scrollWidth - clientWidth} too wide`] : [];
  }

  // Colours that would look alike, or vanish, in grey.
  function colours() {
    const found = new Set();
    const properties = ['color', 'backgroundColor', 'borderTopColor', 'borderRightColor', 'borderBottomColor',
      'borderLeftColor', 'outlineColor', 'textDecorationColor'];
    for (const element of document.querySelectorAll('html, body, body *')) {
      const style = getComputedStyle(element);
      properties.forEach(property => found.add(style[property]));
    }
    return [...found].filter(colour => {
      const parts = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(colour);
      if (!parts) return true;
      const [, red, green, blue, alpha] = parts;
      return alpha !== '0' && !(red === green && green === blue);
    });
  }

  // Texts that stand out too little from what they stand on: less than 4.5 to 1.
  function faint() {
    const light = colour => {
      const value = Number(/\d+/.exec(colour)[0]) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    };
    const ground = element => {
      const { backgroundColor } = getComputedStyle(element);
      if (backgroundColor !== 'rgba(0, 0, 0, 0)') return light(backgroundColor);
      return element.parentElement ? ground(element.parentElement) : 1;
    };
    return [...document.querySelectorAll('article *')].filter(element => {
      const [dark, bright] = [light(getComputedStyle(element).color), ground(element)].sort((a, b) => a - b);
      return element.textContent && (bright + 0.05) / (dark + 0.05) < 4.5;
    }).map(element => told(element, 'faint'));
  }

  // Cells of tables with a head that no heading of their column or row stands for.
  function headless() {
    const wrong = [];
    for (const table of document.querySelectorAll('table')) {
      if (!table.tHead) continue;
      const columns = [];
      for (const part of [table.tHead, ...table.tBodies]) {
        const grid = [...part.rows].map(() => []);
        for (const [y, row] of [...part.rows].entries()) {
          let x = 0;
          for (const cell of row.cells) {
            while (grid[y][x]) x++;
            for (let down = 0; down < cell.rowSpan; down++) {
              for (let right = 0; right < cell.colSpan; right++) grid[y + down][x + right] = cell;
            }
          }
        }
        for (const line of grid) {
          for (const [x, cell] of line.entries()) {
            if (part === table.tHead) {
              columns[x] ||= /^col/.test(cell.scope);
            } else if (cell.localName === 'td' && !columns[x] && !line.some(other => /^row/.test(other.scope))) {
              wrong.push(told(cell, 'no heading'));
            }
          }
        }
      }
    }
    return wrong;
  }

  // How many headings a browser has to know as such.
  function headings() {
    const count = scope => document.querySelectorAll(`th[scope^=${scope}]`).length;
    return { columnheader: count('col'), rowheader: count('row'), table: document.querySelectorAll('table').length };
  }

  return { clipped, colours, faint, headless, headings, torn, wide };
})();
