// Counting stations: larger with more traffic; unusual ones in the alarm hue, silent ones hollow.
import { colour } from './colours.js';
import { popup } from './map-popup.js';

const REREAD_MS = 15000;

export function stations(map, data, options) {
  map.addSource('stations', { type: 'geojson', data, promoteId: 'id' });
  const unusual = ['boolean', ['get', 'unusual'], false];
  const silent = ['boolean', ['get', 'silent'], false];
  const picked = ['boolean', ['feature-state', 'picked'], false];
  const size = ['interpolate', ['linear'], ['sqrt', ['coalesce', ['get', 'vehicles_per_h'], 0]], 0, 4, 40, 14];
  map.addLayer({
    id: 'stations', type: 'circle', source: 'stations',
    layout: { 'circle-sort-key': ['case', unusual, 2, silent, 1, 0] },
    paint: {
      'circle-radius': ['case', picked, 17, silent, 6, unusual, ['+', 3, size], size],
      'circle-color': ['case', silent, '#ffffff', unusual, colour('--alarm'), colour('--mid')],
      'circle-opacity': 0.92,
      'circle-stroke-color': ['case', silent, colour('--ink'), unusual, '#ffffff', '#33526b'],
      'circle-stroke-width': ['case', picked, 3, 1.25],
    },
  });
  map.addLayer({
    id: 'silent', type: 'symbol', source: 'stations', filter: silent,
    layout: { 'text-field': '?', 'text-font': ['sans-serif'], 'text-size': 10, 'text-allow-overlap': true, 'text-ignore-placement': true },
    paint: { 'text-color': colour('--ink') },
  });
  const words = options.words;
  popup(map, 'stations', options.page, words.open, ({ properties }) => [
    properties.name,
    properties.road,
    properties.silent ? words.silent : `${Math.round(properties.vehicles_per_h)} ${words.unit}`,
    properties.unusual ? words.due : '',
  ]);
  let waiting = null;
  let known = new Set(data.features.map((feature) => feature.properties.id));
  let pickedId = null;
  return {
    // Flows are means of an hour: the state as a whole is read again, a few times a minute at most.
    update(items) {
      if (!items.some((item) => item.object_kind === 'station')) return;
      waiting ??= setTimeout(() => {
        waiting = null;
        options.reread();
      }, REREAD_MS);
    },
    replace(fresh) {
      known = new Set(fresh.features.map((feature) => feature.properties.id));
      map.getSource('stations').setData(fresh);
    },
    pick(id) {
      if (pickedId) map.setFeatureState({ source: 'stations', id: pickedId }, { picked: false });
      pickedId = known.has(id) ? id : null;
      if (pickedId) map.setFeatureState({ source: 'stations', id: pickedId }, { picked: true });
    },
  };
}
