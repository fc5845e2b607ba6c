// The story: a second face of the page, which tells the run in steps beside the map. It is made when it is first opened.

import { byId, element, say } from '../shared/base.js';
import { announce, data } from './core.js';
import { showView } from './overlays.js';
import { state } from './state.js';

const storyAddress = /^#story(?:-(\d+))?$/;

/** What the map of each step is coloured by, and a group of lines that the view does not bring. */
const storyShows = {
  verdict: () => ({ view: 'verdict', line: '' }),
  clause: (/** @type {Scene} */ scene) => ({ view: scene.clause, line: '' }),
  terrain: () => ({ view: 'terrain', line: '' }),
  projects: () => ({ view: 'verdict', line: 'plan' }),
  plan: () => ({ view: 'plan', line: '' }),
};

let telling = false;
let atStep = 0;

/** @param {Scene['bars'][number]} bar */
function barRow(bar) {
  const track = element('span', { className: 'story-track', 'aria-hidden': 'true' });
  for (const [name, share] of /** @type {[string, number | null][]} */ ([['now', bar.share], ['before', bar.before]])) {
    if (share === null) continue;
    const piece = element('span', { className: `story-${name}` });
    piece.style.width = `${100 * share}%`;
    track.append(piece);
  }
  return element('li', {}, element('span', { className: 'story-name' }, bar.name), element('span', { className: 'story-value' }, bar.value), track);
}

/** @param {Scene} scene */
function sceneBody(scene) {
  return [element('h2', { tabIndex: -1 }, scene.title), element('p', { className: 'story-message' }, scene.message),
    ...scene.lines.map((line) => element('p', {}, line)),
    scene.bars.length ? element('h3', {}, scene.heading) : '',
    scene.bars.length ? element('ul', { className: 'story-bars' }, ...scene.bars.map(barRow)) : ''];
}

/**
 * A button of the story.
 * @param {string} key of its words
 * @param {() => void} listener
 * @param {Record<string, any>} properties
 */
function storyButton(key, listener, properties = {}) {
  const button = element('button', { type: 'button', ...properties }, say(key));
  button.addEventListener('click', listener);
  return button;
}

function stepDots() {
  const steps = data.story.map((scene, nth) => {
    const dot = storyButton('story_go', () => showStep(nth), { className: 'story-dot' });
    dot.textContent = String(nth + 1);
    dot.title = say('story_go', { step: nth + 1, title: scene.title });
    dot.setAttribute('aria-label', dot.title);
    if (nth === atStep) dot.setAttribute('aria-current', 'step');
    return dot;
  });
  return element('div', { className: 'story-dots' }, ...steps);
}

function drawStory() {
  const scene = data.story[atStep];
  const box = byId('story');
  box.dataset.step = scene.key;
  box.replaceChildren(
    element('div', { className: 'story-head' }, element('p', { className: 'story-study' }, document.querySelector('h1')?.textContent ?? '')),
    element('div', { className: 'story-text' }, ...sceneBody(scene)),
    element('div', { className: 'story-bar' },
      storyButton('story_back', () => showStep(atStep - 1), { disabled: atStep === 0 }), stepDots(),
      storyButton('story_forward', () => showStep(atStep + 1), { disabled: atStep === data.story.length - 1 }),
      storyButton('full_screen', () => byId('full-screen').click(), { className: 'story-full', hidden: byId('full-screen').hidden }),
      storyButton('story_close', closeStory)),
    element('p', { className: 'story-keys' }, say('story_keys')));
}

/** @param {number} step */
function showStep(step) {
  atStep = Math.max(0, Math.min(data.story.length - 1, step));
  const scene = data.story[atStep];
  const { view, line } = storyShows[scene.view](scene);
  byId('whole').click(); // nothing but what the step tells
  if (line) state.lines.add(line);
  showView(view);
  drawStory();
  history.replaceState(null, '', `#story-${atStep + 1}`);
  /** @type {HTMLElement} */ (byId('story').querySelector('h2')).focus({ preventScroll: true });
  announce(`${say('story_place', { step: atStep + 1, steps: data.story.length })} ${scene.title}`);
}

/** @param {number} step to open it at */
function openStory(step) {
  telling = true;
  byId('story').hidden = false;
  document.body.classList.add('telling');
  showStep(step);
}

/** Close the story; the page is as it was opened, with the whole map. */
function closeStory() {
  if (!telling) return;
  telling = false;
  document.body.classList.remove('telling');
  byId('story').hidden = true;
  byId('story').replaceChildren();
  history.replaceState(null, '', location.pathname + location.search);
  byId('whole').click();
  byId('story-open').focus();
}

/** How far each key goes; a presenter sends PageDown and PageUp. @type {Record<string, () => void>} */
const storyKeys = {
  ArrowRight: () => showStep(atStep + 1), ArrowDown: () => showStep(atStep + 1), PageDown: () => showStep(atStep + 1), ' ': () => showStep(atStep + 1),
  ArrowLeft: () => showStep(atStep - 1), ArrowUp: () => showStep(atStep - 1), PageUp: () => showStep(atStep - 1),
  Home: () => showStep(0), End: () => showStep(data.story.length - 1), Escape: closeStory,
};

/** @param {KeyboardEvent} event */
function turn(event) {
  if (!telling || !storyKeys[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === ' ' && event.target instanceof HTMLButtonElement) return; // presses the button
  event.preventDefault();
  event.stopPropagation();
  if (event.key === ' ' && event.shiftKey) storyKeys.ArrowLeft();
  else storyKeys[event.key]();
}

/** Open the story where the address asks for it. */
function followAddress() {
  const found = storyAddress.exec(location.hash);
  if (found) openStory(Number(found[1] || 1) - 1);
}

export function startStory() {
  byId('story-open').addEventListener('click', () => openStory(0));
  document.addEventListener('keydown', turn, { capture: true });
  // The story has no room for the panel of a place: what is pressed on its map shows a name alone.
  document.addEventListener('click', (event) => {
    if (telling && event.target instanceof Element && event.target.closest('.map-area')) event.stopPropagation();
  }, { capture: true });
  window.addEventListener('hashchange', followAddress);
  followAddress();
}
