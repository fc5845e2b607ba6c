// What can be switched on beside areas: streets, steps, lifts, borders of street offices, labels, tiles.

import { element, positionOf, say } from '../shared/base.js';
import { linesOf, polygons } from '../shared/packed.js';
import { landLayers, streetNames } from '../shared/land.js';
import { labelMarker, arrangeLabels, shortName, textWidth, widthOnMap } from '../shared/labels.js';
import { data, shareText, signs } from './core.js';
import { communityShapes } from './map.js';
import { clauseInView, matches, state, themeInView, verdictInView } from './state.js';

const streetWidths = { path: 0.8, minor: 1.4, major: 2.8 }; // [px]
const manyNumbers = 400000; // from here on a canvas draws streets faster than SVG does
const streetNumbers = Object.values(data.streets).flat().reduce((sum, line) => sum + line.length, 0);

/**
 * A renderer for one pane; Leaflet makes one only for panes that vectors are added to without one.
 * @param {string} pane
 */
const rendererOf = (pane) => (streetNumbers > manyNumbers ? L.canvas({ pane }) : L.svg({ pane }));
const streetRenderer = rendererOf('streets');
const stairsRenderer = rendererOf('stairs');

function streetGroup() {
  const names = /** @type {(keyof typeof streetWidths)[]} */ (Object.keys(streetWidths));
  const lines = names.map((name) => ({ name, line: linesOf(data.streets[name]) }));
  const { street } = data.colours;
  const common = { renderer: streetRenderer, interactive: false };
  const group = L.layerGroup([
    ...lines.map(({ name, line }) => L.polyline(line, {
      ...common, color: street.edge, opacity: street.edgeOpacity, weight: streetWidths[name] + 1.4, className: `street-edge street-edge-${name}`,
    })),
    ...lines.map(({ name, line }) => L.polyline(line, {
      ...common, color: street.fill, opacity: street.opacity, weight: streetWidths[name], className: `street street-${name}`,
    })),
  ]);
  /** Lines are thinner where all of a city stands on a small screen: they would cover the fills. */
  const rescale = () => {
    const scale = Math.min(1, Math.max(0.25, (map.getZoom() - 10.5) / 3));
    group.eachLayer((layer) => {
      const path = /** @type {import('leaflet').Polyline} */ (layer);
      const width = widths.get(path) ?? path.options.weight ?? 1;
      widths.set(path, width);
      path.setStyle({ weight: width * scale });
    });
  };
  /** @type {Map<import('leaflet').Path, number>} */
  const widths = new Map();
  rescale();
  map.on('zoomend', rescale);
  return group;
}

function stepGroup() {
  const lines = linesOf(data.streets.steps);
  /** @type {import('leaflet').PolylineOptions} */
  const common = { renderer: stairsRenderer, interactive: false, lineCap: 'butt' };
  return L.layerGroup([
    L.polyline(lines, { ...common, color: '#fff', weight: 5, opacity: 0.9 }),
    L.polyline(lines, { ...common, color: '#5b2a86', weight: 3.4, dashArray: '2 2.5', className: 'steps' }),
  ]);
}

function liftGroup() {
  const escalators = L.polyline(linesOf(data.streets.escalator), {
    renderer: stairsRenderer, interactive: false, color: '#00695c', weight: 4, dashArray: '8 3', className: 'escalator',
  });
  const lifts = data.streets.lift.map((place) => L.marker(positionOf(place), {
    pane: 'names', interactive: false, keyboard: false,
    icon: L.divIcon({ className: 'lift', html: element('span', {}, say('mark_lift')), iconSize: [20, 20] }),
  }));
  return L.layerGroup([escalators, ...lifts]);
}

function officeGroup() {
  return L.layerGroup(data.offices.map((office) => L.polygon(polygons(office.shape), {
    pane: 'offices', interactive: false, fill: false, color: '#22313a', weight: 2.4, className: 'office',
  })));
}

const labels = data.communities.map((community) => {
  const [name, value] = [element('span', { className: 'name' }), element('span', { className: 'value' })];
  const box = element('div', {}, name, value);
  return { box, name, value, at: positionOf(community.label), marker: labelMarker(community.label, box) };
});
const labelGroup = () => L.layerGroup(labels.map(({ marker }) => marker));

/**
 * What may stand at a community in the view: its name, its sign and a value, as far as it is wide enough for them.
 * @param {number} index
 * @param {number} size of the font [px]
 */
function labelForms(index, size) {
  const clause = clauseInView();
  const theme = themeInView();
  const width = widthOnMap(communityShapes[index]);
  const name = shortName(data.communities[index].name);
  const share = clause?.measure === 'reach' ? data.coverage[clause.id].share[index] : null;
  const value = theme ? theme.value(index) : !clause || share === null ? '' : shareText(clause, index);
  const sign = state.view === 'none' || theme ? '' : signs[verdictInView(index)];
  const verdict = sign && state.view === 'verdict' && data.communities[index].marginal ? `${sign} ≈` : sign;
  const both = `${verdict} ${value}`.trim();
  const named = width >= textWidth(name, size);
  /** @type {[string, string][]} */
  const forms = [];
  if (value && named && width > textWidth(both, size)) forms.push([name, both]);
  if (named) forms.push([name, verdict]);
  if (value && width > textWidth(both, size)) forms.push(['', both]);
  if (verdict && width >= 1.6 * size) forms.push(['', verdict]);
  if (verdict !== sign && width >= 1.6 * size) forms.push(['', sign]); // nearly so is also said by the dashed border
  return { width, forms };
}

/** Show names, values and signs only where they have room. */
export function drawLabels() {
  const size = parseFloat(getComputedStyle(map.getContainer()).getPropertyValue('--label')) || 12;
  labels.forEach(({ marker }, index) => {
    marker.getElement()?.classList.toggle('dim', !matches(data.communities[index]));
  });
  arrangeLabels(labels.map((label, index) => ({ ...label, ...labelForms(index, size) })), size);
}

const landGroup = () => L.layerGroup(data.land ? landLayers(data.land) : []);
const nameGroup = () => streetNames(data.land ? data.land.names : []);

/** Tiles of a service: only where the study names one, only when the reader switches them on. */
function tileGroup() {
  const { urls, subdomains } = /** @type {NonNullable<RunData['tiles']>} */ (data.tiles);
  return L.layerGroup(urls.map((url) => L.tileLayer(url, {
    pane: 'tiles', subdomains, maxZoom: 19, maxNativeZoom: 18, className: 'tile-layer',
  })));
}

/**
 * What makes each group that can be switched on, by its name in `state.lines`.
 * @type {Record<string, () => import('leaflet').Layer>}
 */
export const groupMakers = {
  land: landGroup, streets: streetGroup, steps: stepGroup, lifts: liftGroup, offices: officeGroup, labels: labelGroup,
  street_names: nameGroup, tiles: tileGroup,
};
/** @type {Record<string, import('leaflet').Layer>} */
const groups = {};

/** Groups that are drawn once the communities stand on the screen. */
const later = new Set(['land', 'street_names']);

export function drawLater() {
  later.clear();
  drawLines();
  drawLabels();
}

export function drawLines() {
  for (const [name, makeGroup] of Object.entries(groupMakers)) {
    if (later.has(name)) continue;
    const on = state.lines.has(name);
    if (on && !groups[name]) groups[name] = makeGroup();
    if (on) groups[name].addTo(map);
    else if (groups[name]) groups[name].remove();
  }
}
