// What every part uses: the data, words, numbers, elements. All files stand in one function, after one another;
// `map` is the Leaflet map that folium's script has made.

const data = JSON.parse(document.getElementById('cfgeo-data').textContent);
const byId = (id) => document.getElementById(id);

/** A sentence of the page's with its values filled in. */
function say(key, values = {}) {
  return data.texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A new element. Text is only ever set as text: names come from the users' files. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== 'list') made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== ''));
  return made;
}

const svgName = 'http://www.w3.org/2000/svg';

/** A new SVG element. */
function drawing(tag, attributes = {}, ...children) {
  const made = document.createElementNS(svgName, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const grouped = new Intl.NumberFormat(data.lang === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 1 });

/** A number with at most one decimal; "–" if missing. */
const amount = (value) => (value === null || value === undefined ? say('missing') : grouped.format(value));

/** A share in tenths of a percent, half up; the tables' six decimals decide. */
const tenthsOf = (share) => Math.floor((Math.round(share * 1000000) + 500) / 1000);

/** A share as a percentage with one decimal; "–" if missing. */
function percent(share) {
  if (share === null || share === undefined) return say('missing');
  const tenths = tenthsOf(share);
  return say('percent', { number: `${Math.floor(tenths / 10)}.${tenths % 10}` });
}

/** A needed share, without needless decimals. */
const needed = (share) => say('percent', { number: Number((share * 100).toFixed(4)) });

const beyond = '>';

/** Minutes with one decimal; longer than was searched as ">30". */
function minutes(value) {
  if (value === beyond) return say('beyond', { search: data.search });
  if (value === null || value === undefined) return say('missing');
  return say('minutes', { number: value.toFixed(1) });
}

/** A line of the data as Leaflet's positions. */
function positions(line) {
  const found = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < line.length; i += 2) {
    x += line[i];
    y += line[i + 1];
    found.push([y / data.units, x / data.units]);
  }
  return found;
}

const polygons = (shape) => shape.map((rings) => rings.map(positions));

const signs = { passed: '✓', failed: '✗', not_assessed: '–' };

/** A verdict as sign and word. */
function verdictMark(verdict, words = data.verdicts[verdict]) {
  return element('span', { className: `verdict verdict-${verdict}` }, words);
}

const clauseOf = new Map(data.clauses.map((clause) => [clause.id, clause]));
const communityClauses = data.clauses.filter((clause) => clause.scope === 'community' && data.coverage[clause.id]);
const layerName = (layer) => data.names.layers[layer] || layer;
const kindName = (kind) => data.names.kinds[kind] || kind;

/** One community's values under one clause. */
function valuesOf(clause, index) {
  const columns = data.coverage[clause.id];
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[index]]));
}

/** Say something to those who do not see the map. */
function announce(sentence) {
  byId('announcer').textContent = sentence;
}
