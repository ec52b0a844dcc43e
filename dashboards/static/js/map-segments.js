// Road segments by relative ride index: darker and wider is rougher; dashed where few passes make it unsure; what is
// slippery stands in the alarm hue.
import { colour } from './colours.js';
import { popup } from './map-popup.js';

const SLIPPERY = ['slippery', 'freezing', 'frosty'];
const NEVER = 1e9;

export function segments(map, data, options) {
  const { words } = options;
  map.addSource('segments', { type: 'geojson', data, promoteId: 'id' });
  const ride = ['coalesce', ['get', 'ride_index'], 0];
  const sure = ['>=', ['coalesce', ['get', 'passes'], 0], Number(words.sure)];
  const grade = (even, fair, rough) => {
    const [low, high] = [Number(words.fair || NEVER), Number(words.rough || NEVER)];
    return ['case', ['>=', ride, high], rough, ['>=', ride, low], fair, even];
  };
  const scale = (near, far) => ['interpolate', ['linear'], ['zoom'], 8, far, 15, near];
  const paint = {
    'line-color': grade('#9db4c5', colour('--mid'), '#1f4767'),
    'line-width': scale(grade(3, 5, 8), grade(1.25, 2, 3.25)),
  };
  const layout = { 'line-join': 'round', 'line-sort-key': ride };
  map.addLayer({ id: 'segments-unsure', type: 'line', source: 'segments', filter: ['!', sure], layout, paint: { ...paint, 'line-dasharray': [1.5, 1.5] } });
  map.addLayer({ id: 'segments', type: 'line', source: 'segments', filter: sure, layout: { ...layout, 'line-cap': 'round' }, paint });
  map.addLayer({
    id: 'slippery', type: 'line', source: 'segments', filter: ['in', ['get', 'state'], ['literal', SLIPPERY]],
    layout: { 'line-cap': 'round' }, paint: { 'line-color': colour('--alarm'), 'line-width': scale(10, 4) },
  });
  map.addLayer({
    id: 'segment-picked', type: 'line', source: 'segments', filter: ['==', ['get', 'id'], ''],
    layout: { 'line-cap': 'round' }, paint: { 'line-color': colour('--ink'), 'line-width': scale(16, 9), 'line-opacity': 0.6 },
  });
  const number = (value) => Number(value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
  for (const layer of ['segments-unsure', 'segments', 'slippery']) {
    popup(map, layer, null, '', ({ properties }) => [
      properties.name || properties.id,
      properties.ride_index == null ? '' : `${words.ride} ${number(properties.ride_index)} m/s²`,
      `${properties.passes} ${words.passes}`,
      SLIPPERY.includes(properties.state) ? words.slippery : '',
    ]);
  }
  return {
    replace(fresh) {
      data = fresh;
      map.getSource('segments').setData(fresh);
    },
    pick(id) {
      map.setFilter('segment-picked', ['==', ['get', 'id'], id ?? '']);
    },
    show(id) {
      const found = data.features.find((feature) => feature.properties.id === id);
      if (found) map.flyTo({ center: found.geometry.coordinates[found.geometry.coordinates.length >> 1], zoom: 14 });
      return Boolean(found);
    },
  };
}
