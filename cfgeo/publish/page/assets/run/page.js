// Start: put the parts together, print, full screen.

import { byId, say } from '../shared/base.js';
import './blocks.js';
import { startKeys } from './keys.js';
import { addControls, drawLegend } from './legend.js';
import { drawLabels, drawLater, drawLines } from './lines.js';
import { besides, drawCommunities, wholeMap } from './map.js';
import './matrix.js';
import { drawOffices } from './offices.js';
import { resetAll, startOverlays } from './overlays.js';
import { drawFacilities, drawReach } from './places.js';
import { startPlace } from './place.js';
import { startShortfalls } from './shortfalls.js';
import { onChange } from './state.js';
import { startStory } from './story.js';
import { facilitySwitches, fillFilters, fillView, lineSwitches, reachSwitches } from './switches.js';
import { drawFilter, drawSelected, drawTable } from './table.js';
import { showTab, startTabs } from './tabs.js';
import { drawWalks } from './walks.js';
import './way.js';
import './themes.js';
import './zones.js';

const RIM = 6; // px around all of the map
let wholeShown = true; // nobody has moved the map since all of it was shown

function showWhole() {
  map.fitBounds(wholeMap, { paddingTopLeft: [RIM + besides.left(), RIM], paddingBottomRight: [RIM, RIM], animate: false });
  wholeShown = true;
}

/** Fit the map to its box, which has another size. */
function refit() {
  map.invalidateSize({ animate: false, pan: false });
  if (wholeShown) showWhole();
}

// What was in the middle of the free part of the map is there again.
besides.onChange = (before) => {
  const shift = (before - besides.left()) / 2;
  refit();
  if (!wholeShown && shift) map.panBy([shift, 0], { animate: false });
};


// A printed sheet has its own size: the map must be laid out for it before the printer takes it.

/** @type {{ bounds: import('leaflet').LatLngBounds, whole: boolean } | null} */
let beforePrint = null;

function startPrint() {
  if (beforePrint) return;
  beforePrint = { bounds: map.getBounds(), whole: wholeShown };
  map.stop();
  document.documentElement.classList.add('printing');
  refit();
  map.fitBounds(beforePrint.whole ? wholeMap : beforePrint.bounds, { animate: false, padding: [2, 2] });
  drawLabels();
}

function endPrint() {
  if (!beforePrint) return;
  const { bounds, whole } = beforePrint;
  beforePrint = null;
  document.documentElement.classList.remove('printing');
  wholeShown = whole;
  refit();
  if (!whole) map.fitBounds(bounds, { animate: false });
}

function startFullScreen() {
  const button = byId('full-screen');
  const root = document.documentElement;
  if (!root.requestFullscreen) button.hidden = true;
  button.addEventListener('click', () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));
  document.addEventListener('fullscreenchange', () => {
    const on = Boolean(document.fullscreenElement);
    button.textContent = say(on ? 'full_screen_off' : 'full_screen');
    button.setAttribute('aria-pressed', String(on));
  });
}

function startPanelSwitch() {
  const button = byId('panel-switch');
  button.addEventListener('click', () => {
    const hidden = document.body.classList.toggle('no-panel');
    button.setAttribute('aria-expanded', String(!hidden));
    button.textContent = say(hidden ? 'panel_show' : 'panel_hide');
  });
}

/** On a phone the head is short, so that the map is on the first screen; all of it opens by a button. */
function startFigures() {
  const button = byId('figures-switch');
  button.addEventListener('click', () => {
    const all = document.body.classList.toggle('more-figures');
    button.setAttribute('aria-expanded', String(all));
    button.textContent = all ? '⌃' : '⌄';
  });
}

function startButtons() {
  startFullScreen();
  startFigures();
  startPanelSwitch();
  byId('whole').addEventListener('click', () => {
    resetAll();
    showWhole();
  });
  byId('show-clauses').addEventListener('click', () => {
    showTab('clauses');
    byId('clauses').focus();
  });
  byId('print').addEventListener('click', () => window.print());
  window.addEventListener('beforeprint', startPrint);
  window.addEventListener('afterprint', endPrint);
  // In the next frame: a map that is laid out anew while its box is measured makes Chromium complain.
  new ResizeObserver(() => requestAnimationFrame(refit)).observe(map.getContainer());
}

function start() {
  addControls();
  startKeys();
  fillView();
  fillFilters();
  byId('layers').append(facilitySwitches(), reachSwitches(), lineSwitches());
  startTabs();
  startShortfalls();
  startPlace();
  startButtons();

  startOverlays();
  onChange(['view', 'filter', 'isochrones', 'lines'], drawCommunities);
  onChange(['view', 'facilities'], drawFacilities);
  onChange(['isochrones'], drawReach);
  onChange(['lines'], drawLines);
  onChange(['view', 'filter', 'facilities', 'lines'], drawLabels); // when what they keep clear of is drawn
  onChange(['view', 'facilities', 'isochrones', 'lines', 'shortfalls'], drawLegend);
  onChange(['view', 'columns'], drawTable);
  onChange(['view', 'filter', 'columns'], drawFilter);
  onChange(['selected'], drawSelected);
  onChange(['columns'], refit);

  refit();
  showWhole();
  drawLines();
  drawCommunities();
  drawLegend();
  drawTable();
  drawFilter();
  drawLabels();
  drawOffices();
  drawWalks();
  map.on('zoomend', drawLabels);
  map.on('movestart', () => {
    wholeShown = false;
  });
  startStory();
  document.documentElement.dataset.ready = 'true';
  requestAnimationFrame(() => setTimeout(() => {
    drawLater();
    document.documentElement.dataset.land = 'true';
  }));
}

start();
