// Street blocks: their edges and verdicts over the communities, each with its panel.

import { element, positionOf, say } from '../shared/base.js';
import { polygons } from '../shared/packed.js';
import { clauseOf, data, signs, verdictMark } from './core.js';
import { lineMarks } from './legend.js';
import { groupMakers } from './lines.js';
import { outlineOf, reveal } from './map.js';
import { stroke } from './marks.js';
import { onPress, openPlace, placeSection } from './place.js';

const blockEdge = { color: '#6a1b9a', weight: 4, dashArray: '14 5' };

/** @param {StreetBlock} block */
function openBlock(block) {
  const shape = L.polygon(polygons(block.area));
  const lacks = block.failed.map((id) => element('li', {}, clauseOf.get(id)?.name ?? id));
  openPlace({
    title: block.name,
    outline: outlineOf(shape),
    content: [
      element('p', { className: 'place-verdict' }, verdictMark(block.verdict), ' ',
        say('popup_judged', { required: block.required, judged: block.judged, failed: block.failed.length })),
      element('p', {}, say('block_communities', { communities: block.communities, passed: block.passed })),
      placeSection('lacks', say('block_lacks'), lacks.length ? element('ul', {}, ...lacks) : ''),
    ],
  });
  reveal(shape.getBounds(), null);
}

function blockGroup() {
  return L.layerGroup(data.blocks.flatMap((block) => {
    const edge = L.polygon(polygons(block.area), { ...blockEdge, pane: 'areas', fill: false, className: 'block' });
    const words = element('span', {}, `${block.name} ${signs[block.verdict]}`);
    const name = L.marker(positionOf(block.point), {
      pane: 'areas', keyboard: false, icon: L.divIcon({ className: 'block-name', html: words, iconSize: [0, 0] }),
    });
    for (const layer of [edge, name]) onPress(layer, () => openBlock(block));
    return [edge, name];
  }));
}

groupMakers.blocks = blockGroup;
lineMarks.blocks = () => stroke({ stroke: blockEdge.color, 'stroke-width': blockEdge.weight, 'stroke-dasharray': blockEdge.dashArray });
