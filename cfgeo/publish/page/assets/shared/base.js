// What every page uses: the data, words, numbers, elements. All files stand in one function, after one another;
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

/** How wide a text is on the map, roughly: Chinese signs are twice as wide as Latin ones. */
const textWidth = (words, size) => size / 2 + [...words].reduce((sum, sign) => sum + (sign.charCodeAt(0) > 0x2e7f ? 1.05 : 0.58) * size, 0);
