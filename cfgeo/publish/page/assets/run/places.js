// Facilities and areas of reach.

const layerColours = ['#0b5d3b', '#7b1fa2', '#00507a', '#8a3800', '#4a148c', '#3d5a00', '#880e4f', '#263238'];
const layers = Object.keys(data.names.layers);
const colourOf = (layer) => layerColours[layers.indexOf(layer) % layerColours.length];
const drawnFacilities = new Map();

/** A facility's sign: letters on its layer's colour. */
function sign(layer) {
  const made = element('span', { className: 'sign' }, data.names.marks[layer]);
  made.style.backgroundColor = colourOf(layer);
  return made;
}

const facilityTitle = (facility) => facility.name || kindName(facility.kind) || say('facility_unnamed');

function facilityGroup(facility) {
  const colour = colourOf(facility.layer);
  const parts = [];
  const shape = { pane: 'areas', color: colour, weight: 2, className: 'facility-shape' };
  if (facility.area) parts.push(L.polygon(polygons(facility.area), { ...shape, fillColor: colour, fillOpacity: 0.25 }));
  if (facility.lines) parts.push(L.polyline(facility.lines.map(positions), { ...shape, weight: 4, dashArray: '10 4 2 4' }));
  if (!facility.lines) {
    parts.push(L.marker(positions(facility.point)[0], {
      icon: L.divIcon({ className: 'facility', html: sign(facility.layer), iconSize: [24, 24] }),
      title: facilityTitle(facility),
      alt: `${layerName(facility.layer)}: ${facilityTitle(facility)}`,
    }));
  }
  for (const part of parts) part.bindPopup(() => facilityPopup(facility), popupOptions());
  return L.layerGroup(parts);
}

function drawFacilities() {
  data.facilities.forEach((facility, index) => {
    const on = facilityShown(facility);
    if (on && !drawnFacilities.has(index)) drawnFacilities.set(index, facilityGroup(facility));
    const group = drawnFacilities.get(index);
    if (on) group.addTo(map);
    else if (group) group.remove();
  });
}

// Areas of reach: the shorter the walk, the darker.

const reachStyles = [
  { fillColor: '#00332c', fillOpacity: 0.75, color: '#00332c', weight: 1 },
  { fillColor: '#008573', fillOpacity: 0.65, color: '#00594d', weight: 1 },
  { fillColor: '#63d3c2', fillOpacity: 0.6, color: '#007565', weight: 1 },
];
const reachMinutes = [...new Set(data.isochrones.map((area) => area.minutes))].sort((a, b) => a - b);
const drawnReach = new Map();

const reachStyle = (limit) => reachStyles[Math.min(reachMinutes.indexOf(limit), reachStyles.length - 1)];

/** What an area of reach leads to: a layer, some kind of it, for a walker. */
function reachName(area) {
  const name = area.kind ? area.kind.split('+').map(kindName).join(say('list_mark')) : layerName(area.layer);
  return say('isochrone_walker', { layer: name, walker: data.names.walkers[area.walker] || area.walker });
}

function drawReach() {
  data.isochrones.forEach((area, index) => {
    const on = state.isochrones.has(index);
    if (on && !drawnReach.has(index)) {
      drawnReach.set(index, L.polygon(polygons(area.shape), {
        ...reachStyle(area.minutes), pane: 'reach', interactive: false, className: `reach reach-${area.minutes}`,
      }));
    }
    const shape = drawnReach.get(index);
    if (on) shape.addTo(map);
    else if (shape) shape.remove();
  });
  // The longer walks below the shorter ones, whatever was switched on first.
  const longestFirst = [...state.isochrones].sort((a, b) => data.isochrones[b].minutes - data.isochrones[a].minutes);
  for (const index of longestFirst) drawnReach.get(index).bringToFront();
}
