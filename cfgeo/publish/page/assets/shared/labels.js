// Names of communities, where they have room.

map.createPane('names').style.zIndex = 440;
map.getPane('names').style.pointerEvents = 'none';

const labels = data.communities.map((community) => {
  const short = community.name.length > 3 ? community.name.replace(/社区$/, '') : community.name;
  const title = element('div', {}, short);
  const icon = L.divIcon({ className: 'label', html: title, iconSize: null });
  const [at] = positions(community.label);
  return { short, title, mark: L.marker(at, { icon, pane: 'names', interactive: false, keyboard: false }).addTo(map) };
});

function placeLabels() {
  data.communities.forEach((community, index) => {
    const box = L.polygon(polygons(community.shape)).getBounds();
    const width = map.latLngToContainerPoint(box.getSouthEast()).x - map.latLngToContainerPoint(box.getNorthWest()).x;
    labels[index].title.hidden = width < textWidth(labels[index].short, 13);
  });
}
map.on('zoomend', placeLabels);
placeLabels();
