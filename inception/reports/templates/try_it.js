'use strict';
const at = id => document.getElementById(id);
const facts = JSON.parse(at('facts').textContent);
const AT_A_TIME = 3;
const waiting = [];
const counts = {asked: 0, done: 0, failed: 0};
let running = 0;
let stream = null;

for (const span of document.querySelectorAll('.address')) {
  span.textContent = location.origin;
}

function element(tag, text, parent, className = '') {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  parent.append(made);
  return made;
}

function percent(share) {
  return `${(100 * share).toFixed(1)}%`;
}

function report() {
  const {asked, done, failed} = counts;
  const photographs = asked === 1 ? 'photograph' : 'photographs';
  at('status').textContent = !asked ? ''
    : `${done - failed} of ${asked} ${photographs} classified` +
      (failed ? `; ${failed} cannot be used` : '');
  at('toolbar').hidden = !asked;
}

function add(files) {
  const chosen = [...files];
  if (!chosen.length) {
    at('status').textContent = 'That was not a file: save the picture first.';
    return;
  }
  const cards = document.createDocumentFragment();
  for (const file of chosen) {
    const card = document.createElement('article');
    card.className = 'card result';
    card.setAttribute('aria-label', file.name);
    const frame = element('div', '', card, 'frame');
    const picture = element('div', '', frame, 'picture');
    const image = element('img', '', picture);
    image.alt = file.name;
    image.src = URL.createObjectURL(file);
    image.onerror = () => {
      card.isUnreadable = true;
      showPreview(card);
    };
    const answer = element('div', '', card, 'answer');
    element('h2', 'Waiting …', answer, 'waiting unsure');
    element('p', file.name, answer, 'file');
    cards.append(card);
    waiting.push({file, card});
    counts.asked += 1;
  }
  at('results').prepend(cards);
  report();
  next();
}

function next() {
  while (running < AT_A_TIME && waiting.length) {
    running += 1;
    const {file, card} = waiting.shift();
    classify(file)
      .then(found => show(card, found))
      .catch(error => fail(card, error.message))
      .finally(() => {
        running -= 1;
        if (card.isConnected) counts.done += 1;
        report();
        next();
      });
  }
}

async function classify(file) {
  if (file.size > facts.maxBytes) {
    throw new Error(
      `has ${(file.size / 1e6).toFixed(1)} MB, more than ` +
      `${facts.maxBytes / 1e6} MB`);
  }
  for (;;) {
    let response;
    try {
      response = await fetch('/classify', {method: 'POST', body: file});
    } catch {
      throw new Error('the server cannot be reached, or the file cannot be read');
    }
    if (response.status === 429) {
      const seconds = Number(response.headers.get('Retry-After')) || 1;
      await new Promise(resolve => setTimeout(resolve, 1000 * seconds));
      continue;
    }
    const found = await response.json().catch(() => ({}));
    if (response.ok) return found;
    throw new Error(found.error || `the server answered ${response.status}`);
  }
}

function show(card, found) {
  const answer = card.querySelector('.answer');
  const heading = answer.querySelector('h2');
  const best = found.classes[0];
  heading.className = found.is_sure ? '' : 'unsure';
  heading.textContent = '';
  element('bdi', found.is_sure ? best.text || best.name : found.answer, heading);
  card.preview = found.preview;
  showPreview(card);
  const heat = element('img', '', card.querySelector('.picture'), 'heat');
  heat.src = found.heat;
  heat.alt = '';
  const bars = element('ol', '', answer, 'bars');
  for (const {name, text, probability} of found.classes) {
    const row = element('li', '', bars);
    element('bdi', text || name, row);
    element('span', percent(probability), row, 'share');
    const track = element('div', '', row, 'track');
    element('div', '', track, 'bar').style.width = percent(probability);
  }
}

function fail(card, reason) {
  if (card.isConnected) counts.failed += 1;
  const heading = card.querySelector('h2');
  heading.className = 'failed';
  heading.textContent = 'Not classified';
  const error = document.createElement('p');
  error.className = 'error';
  error.textContent = reason;
  heading.after(error);
}

// The server's picture, if the browser cannot show the file itself.
function showPreview(card) {
  if (!card.isUnreadable) return;
  const picture = card.querySelector('.picture');
  picture.hidden = !card.preview;
  card.querySelector('.frame').classList.toggle('empty', picture.hidden);
  if (card.preview) picture.querySelector('img').src = card.preview;
}

function dragging(event, isOver) {
  event.preventDefault();
  at('drop').classList.toggle('over', isOver);
}
addEventListener('dragover', event => dragging(event, true));
addEventListener('dragleave', event => dragging(event, false));
addEventListener('drop', event => {
  dragging(event, false);
  add(event.dataTransfer.files);
});
addEventListener('paste', event => {
  if (event.clipboardData.files.length) add(event.clipboardData.files);
});
at('choose').onclick = () => at('files').click();
for (const input of [at('files'), at('shot')]) {
  input.onchange = () => {
    if (input.files.length) add(input.files);
    input.value = '';
  };
}
at('heat').onchange = event =>
  at('results').classList.toggle('heated', event.target.checked);
at('clear').onclick = () => {
  for (const image of document.querySelectorAll('.picture img')) {
    URL.revokeObjectURL(image.src);
  }
  waiting.length = 0;
  Object.assign(counts, {asked: 0, done: 0, failed: 0});
  at('results').replaceChildren();
  report();
  at('choose').focus();
};

// Browsers give a page the camera itself only on localhost and over https;
// elsewhere a phone's file dialog opens its camera.
at('shoot').onclick = async () => {
  if (!navigator.mediaDevices?.getUserMedia) {
    at('shot').click();
    return;
  }
  at('camera-error').textContent = '';
  at('take').disabled = true;
  at('camera').showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia(
      {video: {facingMode: 'environment', width: {ideal: 1920}}});
    if (!at('camera').open) {
      stopCamera();
      return;
    }
    at('video').srcObject = stream;
    await at('video').play();
    at('take').disabled = false;
  } catch (error) {
    at('camera-error').textContent = error.name === 'NotAllowedError'
      ? 'The browser does not allow it: change its permission for this page.'
      : `There is no usable camera (${error.message}).`;
  }
};

function stopCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  at('video').srcObject = null;
}
at('camera').onclose = stopCamera;
at('close').onclick = () => at('camera').close();
at('take').onclick = () => {
  const video = at('video');
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  at('camera').close();
  const time = new Date().toLocaleTimeString();
  canvas.toBlob(
    blob => add([new File([blob], `Camera, ${time}`)]), 'image/jpeg', 0.95);
};
