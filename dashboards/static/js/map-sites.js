// Public sites: one circle by the fullest container.
import { colour } from './colours.js';
import { popup } from './map-popup.js';

export function sites(map, data, options) {
  map.addSource('sites', { type: 'geojson', data, promoteId: 'id' });
  const full = ['>=', ['coalesce', ['get', 'level'], 0], options.dueLevel];
  const unknown = ['==', ['coalesce', ['get', 'level'], -1], -1];
  const scale = (add) => ['interpolate', ['linear'], ['zoom'], 8, ['case', full, 5 + add, 4 + add], 15, ['case', full, 11 + add, 8 + add]];
  map.addLayer({
    id: 'sites', type: 'circle', source: 'sites',
    layout: { 'circle-sort-key': ['coalesce', ['get', 'level'], -1] },
    paint: {
      'circle-radius': scale(0),
      'circle-color': ['case', unknown, '#ffffff', full, colour('--alarm'), ['step', ['get', 'level'], colour('--low'), 0.5, colour('--mid')]],
      'circle-stroke-color': ['case', unknown, colour('--ink'), full, '#ffffff', colour('--edge')],
      'circle-stroke-width': 1.25,
    },
  });
  const { words } = options;
  popup(map, 'sites', null, '', ({ properties }) => [
    properties.name,
    properties.place,
    properties.level == null ? words.silent : properties.level >= options.dueLevel ? words.due : words.fine,
  ]);
  return {
    replace(fresh) {
      map.getSource('sites').setData(fresh);
    },
  };
}
