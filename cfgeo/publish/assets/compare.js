const data = JSON.parse(document.getElementById('cfgeo-data').textContent);
const colours = {
  gained: '#2f74b5', better: '#9ac6e6', lost: '#d9822b', worse: '#f8c98d', mixed: '#8e5aa8',
  other: '#b0bec5', added: '#4caf50', removed: '#5d4037', unchanged: '#f5f5f5',
};
// Told apart without colour, too.
const dashes = { lost: '8 4', worse: '2 4', removed: '1 6' };

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

/** What a click on a community shows. */
function popup(area) {
  const box = document.createElement('div');
  const name = document.createElement('strong');
  name.textContent = area.name;
  box.append(name);
  for (const line of area.lines) {
    const row = document.createElement('p');
    row.textContent = line;
    box.append(row);
  }
  return box;
}

const drawn = data.areas.map((area) =>
  L.polygon(area.shape.map((rings) => rings.map(positions)), {
    fillColor: colours[area.kind], fillOpacity: 0.75, color: '#263238',
    weight: area.kind === 'unchanged' ? 0.7 : 2, dashArray: dashes[area.kind],
  }).bindPopup(() => popup(area), { maxWidth: 480, maxHeight: 300 }).addTo(map));
map.fitBounds(L.featureGroup(drawn).getBounds(), { padding: [10, 10] });
document.documentElement.dataset.ready = 'true';
