// What every page uses: its data, sentences, numbers, elements.

/** @type {PageData} */
export const pageData = JSON.parse(byId('cfgeo-data').textContent || '');

/** The order of names in the page's language. */
export const collator = new Intl.Collator(pageData.lang === 'zh' ? 'zh-CN' : 'en', { numeric: true });

/**
 * The element with an id that the page is known to have.
 * @template {keyof PageElements} Id
 * @param {Id} id
 * @returns {PageElements[Id]}
 */
export function byId(id) {
  return /** @type {any} */ (document.getElementById(id));
}

/**
 * A sentence of the page with its values filled in.
 * @param {string} key
 * @param {Record<string, any>} values
 * @returns {string}
 */
export function say(key, values = {}) {
  return pageData.texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * A new element. Text is only ever set as text, since names come from the users' files.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} properties
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node && name !== 'list') Object.assign(node, { [name]: value });
    else node.setAttribute(name, value);
  }
  node.append(.../** @type {Node[]} */ (children.filter((child) => child !== null && child !== '')));
  return node;
}

/**
 * A new SVG element.
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...Node} children
 */
export function drawing(tag, attributes = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * How many items have each key.
 * @template Item, Key
 * @param {Item[]} items
 * @param {(item: Item) => Key} keyOf
 * @returns {Map<Key, number>}
 */
export function count(items, keyOf) {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) || 0) + 1);
  return counts;
}

/**
 * A point of the data as Leaflet's position.
 * @param {Point} point
 * @returns {Position}
 */
export const positionOf = ([x, y]) => [y / pageData.units, x / pageData.units];

/**
 * West, south, east and north of the data as Leaflet's bounds.
 * @param {[number, number, number, number]} bounds
 */
export function latLngBounds(bounds) {
  const [west, south, east, north] = bounds.map((value) => value / pageData.units);
  return L.latLngBounds([south, west], [north, east]);
}
