'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const cells = new Map(data.cells.map(cell => [`${cell[0]},${cell[1]}`, cell]));
const dialog = document.getElementById('photos');
const SHOWN = 200;
// Distance in pixels at which a click still hits a cell of the canvas.
const REACH = 8;

function element(tag, text, parent) {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.append(made);
  return made;
}

function figure([uri, file, probability, record, label, predicted], parent) {
  const made = element('figure', '', parent);
  const frame = element('div', '', made);
  frame.className = 'frame';
  const picture = element('div', uri ? '' : 'no picture', frame);
  picture.className = uri ? 'picture' : 'missing';
  if (uri) {
    const image = element('img', '', picture);
    image.src = uri;
    image.alt = file;
    image.loading = 'lazy';
  }
  const caption = element('figcaption', '', made);
  element('b', `${(100 * probability).toFixed(1)}%`, caption);
  if (label !== predicted) {
    const words = `${data.classes[label]} taken for ${data.classes[predicted]}`;
    element('span', words, caption);
  }
  element('span', file, caption);
  element('span', record, caption).className = 'faint';
}

function open(title, count, numbers) {
  dialog.querySelector('h2').textContent = title;
  const photos = dialog.querySelector('.photos');
  photos.replaceChildren();
  for (const number of numbers.slice(0, SHOWN)) {
    figure(data.pictures[number], photos);
  }
  const more = count - Math.min(numbers.length, SHOWN);
  dialog.querySelector('.more').textContent =
    more ? `and ${more} more, which predictions.csv lists` : '';
  dialog.showModal();
  dialog.scrollTop = 0;
}

function openCell(key) {
  const cell = cells.get(key);
  if (!cell) return;
  const [label, predicted, count, numbers] = cell;
  const words = label === predicted ? 'correctly taken for' : 'taken for';
  open(
    `${count} of ${data.classes[label]} ${words} ${data.classes[predicted]}`,
    count, numbers);
}

document.addEventListener('click', event => {
  const button = event.target.closest('[data-cell]');
  if (button) openCell(button.dataset.cell);
  const list = event.target.closest('[data-list]');
  if (list) open(...data.lists[list.dataset.list]);
  if (event.target === dialog || event.target.closest('[data-close]')) {
    dialog.close();
  }
  const heading = event.target.closest('.classes thead th');
  if (heading) sortBy(heading);
});

function sortBy(heading) {
  const body = heading.closest('table').tBodies[0];
  const column = heading.cellIndex;
  const up = heading.dataset.up !== 'true';
  heading.dataset.up = up;
  const value = row => row.cells[column].dataset.value;
  const order = [...body.rows].sort((a, b) => column
    ? Number(value(a)) - Number(value(b))
    : value(a).localeCompare(value(b)));
  body.append(...(up ? order : order.reverse()));
}

const heat = document.getElementById('heat');
if (heat) heat.addEventListener('change', () => {
  document.getElementById('mistakes').classList.toggle('heated', heat.checked);
});

const filter = document.getElementById('filter');
if (filter) filter.addEventListener('input', () => {
  const wanted = filter.value.toLowerCase();
  for (const row of document.querySelector('.classes').tBodies[0].rows) {
    row.hidden = !row.cells[0].dataset.value.toLowerCase().includes(wanted);
  }
});

const canvas = document.querySelector('canvas');
if (canvas) {
  const columns = data.classes.length;
  const size = Math.max(1, Math.floor(900 / columns));
  const style = getComputedStyle(document.documentElement);
  const rows = new Map();
  for (const [label, , count] of data.cells) {
    rows.set(label, (rows.get(label) || 0) + count);
  }
  canvas.width = canvas.height = columns * size;
  const context = canvas.getContext('2d');
  for (const [label, predicted, count] of data.cells) {
    const colour = style.getPropertyValue(
      label === predicted ? '--right' : '--wrong');
    const share = 0.45 + 0.55 * count / rows.get(label);
    context.fillStyle = `rgb(${colour} / ${share})`;
    // A single mistake among a million cells must be seen.
    const side = Math.max(size, 3);
    const begin = place => place * size - Math.floor((side - size) / 2);
    context.fillRect(begin(predicted), begin(label), side, side);
  }
  const at = event => {
    const box = canvas.getBoundingClientRect();
    const place = (offset, side) => Math.floor(offset / side * columns);
    const label = place(event.clientY - box.top, box.height);
    const predicted = place(event.clientX - box.left, box.width);
    // A cell may be smaller than a pixel: the nearest one within reach counts.
    let best = null;
    for (const [row, column] of data.cells) {
      const distance = Math.max(
        Math.abs(row - label), Math.abs(column - predicted));
      if (distance * box.width / columns <= REACH && (!best || distance < best[0])) {
        best = [distance, row, column];
      }
    }
    return best && `${best[1]},${best[2]}`;
  };
  canvas.addEventListener('mousemove', event => {
    const cell = cells.get(at(event));
    canvas.title = cell ? `${cell[2]} of ${data.classes[cell[0]]} taken for ` +
      data.classes[cell[1]] : '';
  });
  canvas.addEventListener('click', event => openCell(at(event)));
}
