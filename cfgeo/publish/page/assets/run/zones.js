// The zones of the plan's layout, over everything: areas by their edge, lines, points.

import { element, positionOf, say } from '../shared/base.js';
import { linesOf, polygons } from '../shared/packed.js';
import { data } from './core.js';
import { groupMakers } from './lines.js';
import { zoneStyles } from './zone_marks.js';

/** @param {Zone} zone */
function zoneShape(zone) {
  const style = { ...zoneStyles[zone.kind], pane: 'areas', className: `zone zone-${zone.kind}` };
  if (zone.point) return L.circleMarker(positionOf(zone.point), { ...style, radius: 7, fillColor: '#fff', fillOpacity: 1 });
  if (zone.area) return L.polygon(polygons(zone.area), { ...style, fill: false });
  return L.polyline(linesOf(zone.lines || ''), { ...style, opacity: 0.9 });
}

/** @param {Zone} zone */
const zoneWords = ({ kindName, title, communities, passed }) => say('zone_tip', { kind: kindName, title, communities, passed });

function zoneGroup() {
  return L.layerGroup(data.zones.map((zone) => zoneShape(zone).bindTooltip(() => element('span', {}, zoneWords(zone)), { sticky: true })));
}

Object.assign(groupMakers, { zones: zoneGroup });
