// Tours as lines along the roads; the one that the reader points at stands out.
import { colour } from './colours.js';

export function addTours(map, data) {
  if (map.getSource('tours')) {
    map.getSource('tours').setData(data);
    return;
  }
  map.addSource('tours', { type: 'geojson', data });
  const before = ['containers', 'sites'].find((id) => map.getLayer(id));
  const layout = { 'line-cap': 'round', 'line-join': 'round' };
  const width = (near, far) => ['interpolate', ['linear'], ['zoom'], 8, far, 15, near];
  map.addLayer({ id: 'tours-edge', type: 'line', source: 'tours', layout, paint: { 'line-color': '#ffffff', 'line-width': width(7, 3), 'line-opacity': 0.8 } }, before);
  map.addLayer({ id: 'tours', type: 'line', source: 'tours', layout, paint: { 'line-color': '#3b5364', 'line-width': width(3.5, 1.25), 'line-opacity': 0.9 } }, before);
  map.addLayer({ id: 'tour-picked', type: 'line', source: 'tours', layout, filter: ['==', ['get', 'id'], ''], paint: { 'line-color': colour('--ink'), 'line-width': width(8, 4) } }, before);
}

export function pickTour(map, id) {
  if (map.getLayer('tour-picked')) map.setFilter('tour-picked', ['==', ['to-string', ['get', 'id']], id ?? '']);
}
