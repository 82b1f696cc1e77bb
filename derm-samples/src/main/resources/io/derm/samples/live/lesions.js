// The list of lesions: one card each, changed in place so that nothing jumps and a screen reader keeps its place.

const CLASSES = ['benign', 'unknown', 'melanoma'];
const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 240;
const HEIGHT = 40;
const cards = new Map();
let shownRound = 0;

/** The newest is on top. */
function make(id, list) {
  const root = document.createElement('li');
  root.className = 'card';
  list.prepend(root);
  return fill(id, root);
}

function element(name, className, parent) {
  const made = document.createElement(name);
  made.className = className;
  parent.append(made);
  return made;
}

function fill(id, root) {
  const image = element('img', '', root);
  image.alt = `Best look at lesion ${id}`;
  const about = element('div', '', root);
  const title = element('h3', '', about);
  element('span', '', title).textContent = `Lesion ${id}`;
  const kind = element('span', 'class', title);
  const bars = element('div', 'bars', about);
  const fills = {};
  for (const c of CLASSES) {
    const row = element('div', '', bars);
    element('span', '', row).textContent = c;
    const fill = element('div', `fill ${c}`, element('div', 'track', row));
    fills[c] = { fill, value: element('span', 'n', row) };
  }
  const course = document.createElementNS(SVG, 'svg');
  course.setAttribute('class', 'course');
  course.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  course.setAttribute('preserveAspectRatio', 'none');
  course.setAttribute('role', 'img');
  root.append(course);
  const paths = CLASSES.map((c) => {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', c);
    course.append(path);
    return path;
  });
  const foot = element('p', 'seen quiet', root);
  const card = { root, image, kind, fills, course, paths, state: element('span', 'state', foot), seen: element('span', '', foot), look: undefined };
  cards.set(id, card);
  return card;
}

function percent(p) {
  return `${Math.round(p * 100)} %`;
}

/** Shows a look once it is here. One that cannot be had leaves the look before, and is asked for again. */
function picture(card, address) {
  const image = new Image();
  const { look } = card;
  image.alt = card.image.alt;
  image.onload = () => {
    if (card.look === look) {
      card.image.replaceWith(image);
      card.image = image;
    }
  };
  image.onerror = () => {
    if (card.look === look) {
      card.look = undefined;
    }
  };
  image.src = address;
}

function update(card, lesion, round) {
  card.root.dataset.class = lesion.class;
  card.kind.textContent = lesion.class;
  card.state.textContent = lesion.confirmed ? '✓ confirmed' : 'not confirmed';
  card.seen.textContent = `${lesion.first.toFixed(1)} to ${lesion.last.toFixed(1)} s, ${lesion.sightings} frames`;
  if (card.look !== lesion.look) {
    card.look = lesion.look;
    picture(card, `/lesions/${round}/${lesion.id}?look=${lesion.look}`);
  }
  for (const c of CLASSES) {
    card.fills[c].fill.style.width = `${lesion.probabilities[c] * 100}%`;
    card.fills[c].value.textContent = percent(lesion.probabilities[c]);
  }
  const from = lesion.course[0][0];
  const long = Math.max(0.1, lesion.course[lesion.course.length - 1][0] - from);
  CLASSES.forEach((c, i) => {
    const points = lesion.course.map((p) => `${(((p[0] - from) / long) * WIDTH).toFixed(1)} ${(2 + (1 - p[i + 1]) * (HEIGHT - 4)).toFixed(1)}`);
    card.paths[i].setAttribute('d', `M${points.join('L')}`);
  });
  const last = lesion.course[lesion.course.length - 1];
  card.course.setAttribute('aria-label', `Course over ${long.toFixed(1)} s, now ${CLASSES.map((c, i) => `${c} ${percent(last[i + 1])}`).join(', ')}`);
}

/** @param here numbers of the lesions in the picture now */
export function show(list, lesions, round, here) {
  const known = new Set(lesions.map((l) => l.id));
  for (const [id, card] of cards) {
    if (round !== shownRound || !known.has(id)) {
      card.root.remove();
      cards.delete(id);
    }
  }
  shownRound = round;
  for (const lesion of lesions) {
    const card = cards.get(lesion.id) ?? make(lesion.id, list);
    update(card, lesion, round);
    card.root.dataset.here = String(here.has(lesion.id));
  }
}
