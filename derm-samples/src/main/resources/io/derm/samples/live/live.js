// The page: pictures and states come over one WebSocket, what is pressed goes back by posts.

import { connect } from '/connection.js';
import { draw } from '/draw.js';
import { show } from '/lesions.js';

const byId = (id) => document.getElementById(id);
const canvas = byId('picture');
const STAGES = {
  capture: 'Capture', detect: 'Find', classify: 'Assess', deliver: 'Hand over', latency: 'Capture to finding', response: 'Capture to finding, stalls included',
};
const CAUSES = { busy: 'busy', deadline: 'too old', paused: 'while paused', draining: 'at the end', stopped: 'stopped', failure: 'failure' };
const SOURCE_TONES = { live: 'good', ended: 'wait', failed: 'bad', stalled: 'bad' };
// Longer than between two frames of any camera.
const STILL_MILLIS = 2000;

let state = null;
let frame = null;
let busy = false;
let next = null;
let confirmed = new Set();
let here = new Set();
let drawnAt = [];
let lastDrawn = 0;
let connected = true;
let described = -1e9;
let paused = false;

// Pictures

/** One is decoded at a time; of those that come meanwhile the newest is kept. */
async function picture(found, jpeg, drawn) {
  if (busy) {
    next = { found, jpeg };
    drawn();
    return;
  }
  busy = true;
  try {
    const bitmap = await createImageBitmap(jpeg);
    frame = found;
    draw(canvas, bitmap, frame, confirmed);
    bitmap.close();
    here = new Set(frame.lesions.map((l) => l.id));
    lastDrawn = performance.now();
    drawnAt.push(lastDrawn);
    canvas.dataset.frames = String(Number(canvas.dataset.frames ?? 0) + 1);
    canvas.dataset.boxes = String(frame.lesions.length);
    describe();
    veil();
  } finally {
    busy = false;
    drawn();
    if (next !== null) {
      const waiting = next;
      next = null;
      picture(waiting.found, waiting.jpeg, () => {});
    }
  }
}

function describe() {
  const now = performance.now();
  if (now - described > 2000) {
    described = now;
    const seen = frame.lesions.map((l) => `lesion ${l.id}, ${l.class}`).join('; ');
    canvas.setAttribute('aria-label', `Picture at ${frame.seconds.toFixed(1)} s: ${seen === '' ? 'no lesion' : seen}`);
  }
}

// States

function text(id, value) {
  const node = byId(id);
  if (node.textContent !== value) {
    node.textContent = value;
  }
}

function badge(words, tone) {
  text('connection', words);
  byId('connection').dataset.tone = tone;
}

let lastMessage = '';
function say(words, tone = '') {
  const node = byId('message');
  if (words !== lastMessage) {
    lastMessage = words;
    node.textContent = words;
    node.dataset.tone = tone;
  }
}

function gone() {
  connected = false;
  badge('no connection to derm', 'bad');
  say('No connection to derm', 'bad');
  veil();
}

function update(told) {
  if (!connected) {
    connected = true;
    say('Connected to derm again');
  }
  if (told.exam === undefined) {
    badge('starting', 'wait');
    return;
  }
  const before = state;
  state = told;
  paused = told.exam === 'paused';
  const over = told.exam === 'ended' || told.exam === 'failed';
  source(told.source, told.exam, over);
  text('exam', told.failure === '' ? told.exam : `${told.exam}: ${told.failure}`);
  text('fps', told.framesPerSecond.toFixed(1));
  const since = performance.now() - 2000;
  drawnAt = drawnAt.filter((t) => t > since);
  text('shown', (drawnAt.length / 2).toFixed(1));
  const drops = Object.entries(told.dropped).map(([cause, n]) => `${n} ${CAUSES[cause]}`);
  text('dropped', drops.length === 0 ? 'none' : drops.join(', '));
  times(told.times);
  part('detector', told);
  part('classifier', told);
  threshold(told.threshold);
  confirmed = new Set(told.lesions.filter((l) => l.confirmed).map((l) => l.id));
  show(byId('lesion-list'), told.lesions, told.round, here);
  text('lesion-count', told.found > told.lesions.length ? `${told.lesions.length} seen last, of ${told.found}` : String(told.found));
  byId('no-lesions').hidden = told.lesions.length > 0;
  byId('pause').querySelector('.label').textContent = paused ? 'Resume' : 'Pause';
  byId('pause').disabled = over;
  byId('restart').hidden = !over;
  byId('restart').querySelector('.label').textContent = told.source.recorded ? 'Play again' : 'Connect again';
  record(told.recording, over);
  veil();
  announce(before, told);
}

/** Whether a camera gives no pictures for now. */
function away(of) {
  return of.state !== undefined && of.state !== 'live';
}

function source(of, exam, over) {
  const kind = of.recorded ? 'recording' : 'live';
  const outages = of.outageSeconds > 0 ? `, ${of.reconnects} reconnects, ${of.outageSeconds.toFixed(1)} s without a picture` : '';
  const lost = of.dropped > 0 ? `, ${of.dropped} replaced before the exam took them` : '';
  text('source', `${of.name} (${kind}${away(of) ? `, ${of.state}: ${of.reason}` : ''}${outages}${lost})`);
  if (over) {
    badge(exam, exam === 'failed' ? 'bad' : 'wait');
  } else if (away(of)) {
    badge(of.state, SOURCE_TONES[of.state] ?? 'wait');
  } else {
    badge(paused ? 'paused' : of.recorded ? 'playing' : 'live', paused ? 'wait' : 'good');
  }
}

function times(rows) {
  const body = byId('times');
  while (body.rows.length < rows.length) {
    const row = body.insertRow();
    row.append(Object.assign(document.createElement('th'), { scope: 'row' }));
    for (let i = 0; i < 3; i++) {
      row.insertCell().className = 'n';
    }
  }
  while (body.rows.length > rows.length) {
    body.deleteRow(-1);
  }
  rows.forEach((of, i) => {
    [STAGES[of.stage], of.p50.toFixed(1), of.p99.toFixed(1), of.max.toFixed(1)].forEach((value, j) => {
      body.rows[i].cells[j].textContent = value;
    });
  });
}

/** Covers a picture that is not of now, which nobody may take for a live one. */
function veil() {
  const words = covered();
  byId('veil').hidden = words === '';
  text('veil', words);
}

function covered() {
  if (connected && state !== null) {
    switch (state.exam) {
      case 'failed': return `The exam has failed. ${state.failure}`;
      case 'ended': return state.source.recorded ? 'The recording has ended.' : 'The source has ended.';
      case 'paused': return 'Paused';
      default:
    }
  }
  const now = performance.now();
  const age = frame === null ? 0 : now - frame.taken;
  let why = '';
  if (!connected) {
    why = 'No connection to derm.';
  } else if (state !== null && away(state.source)) {
    why = `No picture from the source: ${state.source.reason || state.source.state}.`;
  } else if (frame !== null && now - lastDrawn > STILL_MILLIS) {
    why = 'No new picture.';
  } else if (age > STILL_MILLIS) {
    why = 'Pictures come late.';
  }
  return why === '' || age < 1000 ? why : `${why} This one is ${Math.floor(age / 1000)} s old.`;
}

function record(of, over) {
  const button = byId('record');
  button.setAttribute('aria-pressed', String(of.active));
  button.querySelector('.label').textContent = of.active ? 'Stop recording' : 'Record';
  byId('rec').hidden = !of.active || over;
  text('rec-frames', String(of.frames));
  of.files.forEach(saved);
}

/** Said aloud by a screen reader, so only what a person would want to be told. */
function announce(before, told) {
  if (before === null) {
    return;
  }
  if (told.recording.failure !== '' && before.recording.failure === '') {
    say(`The recording broke off. ${told.recording.failure}`, 'bad');
  }
  if (before.round !== told.round) {
    return;
  }
  if (before.exam !== told.exam) {
    say(told.failure === '' ? `Exam ${told.exam}` : told.failure, told.exam === 'failed' ? 'bad' : '');
  }
  if (told.exam === 'running' && away(before.source) !== away(told.source)) {
    say(away(told.source) ? `No picture from the source: ${told.source.reason}` : 'The source gives pictures', away(told.source) ? 'bad' : '');
  }
  const were = new Set(before.lesions.filter((l) => l.confirmed).map((l) => l.id));
  const fresh = told.lesions.filter((l) => l.confirmed && !were.has(l.id));
  if (fresh.length > 0) {
    say(fresh.map((l) => `Lesion ${l.id} confirmed: ${l.class}`).join('. '));
  }
  for (const name of ['detector', 'classifier']) {
    const swap = told[name].swap;
    if (before[name].swap.state !== swap.state && (swap.state === 'switched' || swap.state === 'refused')) {
      say(`${swap.name} ${swap.state}${swap.reason === '' ? '' : `: ${swap.reason}`}`, swap.state === 'refused' ? 'bad' : '');
    }
  }
}

// Models

function options(select, values, current) {
  if (select.dataset.values !== values.join()) {
    const chosen = select.value;
    select.dataset.values = values.join();
    select.replaceChildren(...values.map((v) => new Option(v, v)));
    select.value = values.includes(chosen) ? chosen : current;
  }
}

function part(name, told) {
  const of = told[name];
  const instead = of.insteadOf === '' ? '' : ` instead of ${of.insteadOf}`;
  text(name, `${of.model.startsWith('demo ') ? 'demo model' : of.model}, ${of.precision}, ${of.runtime}${instead}`);
  const form = byId(`${name}-form`);
  const runtime = byId(`${name}-runtime`);
  options(runtime, told.runtimes, of.runtime);
  options(byId(`${name}-model`), of.choices[runtime.value] ?? [], of.model);
  const swap = of.swap;
  const underway = swap.state === 'opening' || swap.state === 'on_trial';
  form.querySelector('.try').disabled = underway;
  form.querySelector('.cancel').hidden = !underway;
  form.querySelector('.back').hidden = underway || !of.canRollBack;
  const anyway = form.querySelector('.anyway');
  anyway.hidden = swap.state !== 'refused' || swap.model === undefined;
  if (!anyway.hidden) {
    // What was refused, whatever the lists show by now.
    anyway.dataset.model = swap.model;
    anyway.dataset.runtime = swap.runtime;
    const label = `Switch to ${swap.model} on ${swap.runtime} anyway`;
    if (anyway.textContent !== label) {
      anyway.textContent = label;
    }
  }
  const bar = form.querySelector('.trial');
  bar.hidden = !underway;
  bar.max = Math.max(1, swap.frames);
  bar.value = swap.compared;
  const outcome = form.querySelector('.outcome');
  outcome.dataset.tone = swap.state === 'refused' ? 'bad' : '';
  const words = swapWords(swap);
  if (outcome.textContent !== words) {
    outcome.textContent = words;
  }
}

function swapWords(swap) {
  const numbers = swap.agreement === undefined ? ''
    : ` ${(swap.agreement * 100).toFixed(0)} % agreement, ${swap.candidateMillis.toFixed(1)} ms a frame; the live one then took ${swap.liveMillis.toFixed(1)} ms.`;
  switch (swap.state) {
    case 'opening': return `Opening ${swap.name} …`;
    case 'on_trial': return `${swap.name} on trial, ${swap.compared} of ${swap.frames} frames.${numbers}`;
    case 'switched': return `Switched to ${swap.name}.${numbers}`;
    case 'refused': return `${swap.name} refused: ${swap.reason}.${numbers}`;
    default: return '';
  }
}

let sliding = -1e9;
function threshold(value) {
  const slider = byId('threshold');
  if (performance.now() - sliding > 1500) {
    slider.value = String(value);
    text('threshold-value', value.toFixed(2));
  }
}

// What is pressed

async function post(name, body) {
  const answer = await fetch(`/api/${name}`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body ?? {}),
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error ?? `derm answers ${answer.status}`);
  }
  return answer.status === 204 ? {} : answer.json();
}

async function press(name, body) {
  try {
    return await post(name, body);
  } catch (e) {
    say(e.message, 'bad');
    return null;
  }
}

const offered = new Set();
function saved(name) {
  if (offered.has(name)) {
    return;
  }
  offered.add(name);
  byId('saved').hidden = false;
  const link = Object.assign(document.createElement('a'), { href: `/files/${name}`, textContent: name, download: name });
  const item = document.createElement('li');
  item.append(link);
  byId('saved-list').prepend(item);
}

async function snapshot() {
  const answer = await press('snapshot');
  if (answer !== null) {
    answer.files.forEach(saved);
    say(`Saved ${answer.files.join(' and ')}`);
  }
}

const togglePause = () => press('pause', { on: !paused });
const toggleRecord = () => press('record', { on: byId('record').getAttribute('aria-pressed') !== 'true' });

byId('pause').onclick = togglePause;
byId('snapshot').onclick = snapshot;
byId('record').onclick = toggleRecord;
byId('restart').onclick = () => press('restart');
byId('threshold').oninput = (e) => {
  sliding = performance.now();
  text('threshold-value', Number(e.target.value).toFixed(2));
};
byId('threshold').onchange = async (e) => {
  if (await press('threshold', { score: Number(e.target.value) }) === null && state !== null) {
    sliding = -1e9;
    threshold(state.threshold);
  }
};
for (const form of document.querySelectorAll('form.swap')) {
  const of = form.dataset.part;
  form.onsubmit = (e) => {
    e.preventDefault();
    press('swap', { part: of, model: form.elements.model.value, runtime: form.elements.runtime.value, unchecked: false });
  };
  form.querySelector('.anyway').onclick = (e) => press('swap', { part: of, ...e.currentTarget.dataset, unchecked: true });
  form.querySelector('.cancel').onclick = () => press('cancel', { part: of });
  form.querySelector('.back').onclick = () => press('rollback', { part: of });
}
byId('shortcuts').onchange = (e) => document.body.classList.toggle('keyless', !e.target.checked);
document.addEventListener('keydown', (e) => {
  const typing = e.target.closest('input:not([type="checkbox"]), select, textarea') !== null;
  if (typing || e.ctrlKey || e.altKey || e.metaKey || e.repeat || !byId('shortcuts').checked) {
    return;
  }
  const action = { p: togglePause, s: snapshot, r: toggleRecord }[e.key.toLowerCase()];
  if (action !== undefined) {
    e.preventDefault();
    action();
  }
});

connect({ picture, state: update, gone });
setInterval(veil, 500);
