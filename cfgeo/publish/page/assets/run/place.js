// The panel of one place: beside the map, on a phone a sheet from below that can be dragged.

import { byId, element, say } from '../shared/base.js';
import { narrow } from './map.js';

/**
 * @typedef {object} Opened
 * @property {string} title
 * @property {Child[]} content
 * @property {import('leaflet').Layer | null} [outline] what marks the place on the map while the panel is open
 * @property {(() => void) | null} [giveBackFocus] called when the panel closes; without it the panel takes no focus
 * @property {() => void} [onClose]
 * @property {(step: number) => void} [onStep] opens the place before (-1) or after it (1)
 */

/** @type {Opened | null} */
let opened = null;
let withPanel = true; // whether the side panel was shown before

const heights = [0.3, 0.52, 0.9]; // of the window: how high the sheet stands
const closeBelow = 0.16;

/** @param {number} share of the window's height */
function setHeight(share) {
  byId('place').style.setProperty('--sheet', `${Math.round(share * 100)}vh`);
  byId('place-grip').setAttribute('aria-expanded', String(share === heights[2]));
}

/** @param {Opened} place */
export function openPlace(place) {
  const panel = byId('place');
  const wasOpen = opened !== null;
  leave();
  opened = place;
  byId('place-title').textContent = place.title;
  rewritePlace(place.content);
  byId('place-body').scrollTop = 0;
  for (const name of stepButtons) byId(name).hidden = !place.onStep;
  if (!wasOpen) {
    withPanel = !document.body.classList.contains('no-panel');
    document.body.classList.remove('no-panel');
    setHeight(heights[1]);
    panel.hidden = false;
    map.invalidateSize({ animate: false, pan: false });
  }
  place.outline?.addTo(map);
  if (place.giveBackFocus) panel.focus({ preventScroll: true });
}

/**
 * Write the content of the open panel anew.
 * @param {Child[]} content
 */
export function rewritePlace(content) {
  const body = byId('place-body');
  const { scrollTop } = body;
  body.replaceChildren(...content.filter((child) => child !== '' && child !== null).map((child) => (
    child instanceof Node ? child : document.createTextNode(String(child)))));
  body.scrollTop = scrollTop;
}

/** Take the marks of the place that was open off the map. */
function leave() {
  opened?.outline?.remove();
  const before = opened;
  opened = null;
  before?.onClose?.();
}

export function closePlace() {
  if (!opened) return;
  const { giveBackFocus } = opened;
  const inside = byId('place').contains(document.activeElement);
  leave();
  byId('place').hidden = true;
  document.body.classList.toggle('no-panel', !withPanel);
  if (inside || document.activeElement === document.body) {
    if (giveBackFocus) giveBackFocus();
    else if (inside) map.getContainer().focus({ preventScroll: true });
  }
}

/** Drag the sheet by its head; let go near the bottom, it closes. */
function startDrag() {
  const head = byId('place-head');
  /** @type {{ y: number, height: number, moved: boolean } | null} */
  let drag = null;
  head.addEventListener('pointerdown', (event) => {
    if (!narrow.matches || /** @type {Element} */ (event.target).closest('.place-button')) return;
    drag = { y: event.clientY, height: byId('place').offsetHeight, moved: false };
    head.setPointerCapture(event.pointerId);
  });
  head.addEventListener('pointermove', (event) => {
    if (!drag) return;
    const share = (drag.height + drag.y - event.clientY) / window.innerHeight;
    drag.moved ||= Math.abs(event.clientY - drag.y) > 4;
    setHeight(Math.min(heights[2], Math.max(0.08, share)));
  });
  const drop = () => {
    if (!drag) return;
    const { moved } = drag;
    drag = null;
    if (!moved) {
      nextHeight();
      return;
    }
    const share = byId('place').offsetHeight / window.innerHeight;
    if (share < closeBelow) closePlace();
    else setHeight(heights.reduce((best, height) => (Math.abs(height - share) < Math.abs(best - share) ? height : best)));
  };
  head.addEventListener('pointerup', drop);
  head.addEventListener('pointercancel', drop);
  // Keys and screen readers press the grip; a pointer's press is the drag's end above.
  byId('place-grip').addEventListener('click', (event) => {
    if (event.detail === 0) nextHeight();
  });
}

/** Half of the window, or nearly all of it. */
function nextHeight() {
  setHeight(byId('place').offsetHeight / window.innerHeight > 0.7 ? heights[1] : heights[2]);
}

/**
 * A heading and what stands below it; nothing where there is nothing.
 * @param {string} part by which scripts and styles know it
 * @param {string} heading
 * @param {...Child} content
 */
export function placeSection(part, heading, ...content) {
  if (!content.some((child) => child !== '' && child !== null)) return '';
  return element('section', { 'data-part': part }, element('h3', {}, heading), ...content);
}

/**
 * What a layer does when it is pressed, by pointer or key.
 * @param {import('leaflet').Layer} layer
 * @param {(event: any) => void} act
 */
export function onPress(layer, act) {
  layer.on('click', (event) => {
    L.DomEvent.stop(event);
    act(event);
  });
}

const stepButtons = /** @type {const} */ (['place-previous', 'place-next']);

export function startPlace() {
  stepButtons.forEach((name, nth) => {
    byId(name).addEventListener('click', () => {
      opened?.onStep?.(nth ? 1 : -1);
      byId(name).focus({ preventScroll: true });
    });
  });
  byId('place-close').addEventListener('click', closePlace);
  byId('place-close').setAttribute('aria-label', say('place_close'));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') closePlace();
  });
  startDrag();
}
