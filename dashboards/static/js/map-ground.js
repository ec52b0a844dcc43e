// The ground: streets of the region, thin and light, and names of its places.
const MAIN = ['motorway', 'trunk', 'primary', 'secondary'];

export function addGround(map, roads) {
  map.addSource('roads', { type: 'geojson', data: roads, tolerance: 0.5 });
  const before = map.getStyle().layers[1]?.id;
  const main = ['in', ['get', 'class'], ['literal', MAIN]];
  map.addLayer(
    {
      id: 'roads-minor', type: 'line', source: 'roads', filter: ['!', main],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': '#d5dce1', 'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 8, 0.3, 11, 0.9, 14, 3, 17, 10] },
    },
    before,
  );
  map.addLayer(
    {
      id: 'roads-main', type: 'line', source: 'roads', filter: main,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': '#b7c3cb', 'line-width': ['interpolate', ['exponential', 1.5], ['zoom'], 8, 0.9, 11, 2, 14, 5, 17, 14] },
    },
    before,
  );
}

export function addPlaces(map, places) {
  map.addSource('places', { type: 'geojson', data: places });
  map.addLayer({
    id: 'places', type: 'symbol', source: 'places',
    layout: {
      'text-field': ['get', 'name'],
      'text-font': ['sans-serif'],
      'text-size': ['interpolate', ['linear'], ['get', 'objects'], 4, 11, 60, 13, 150, 16],
      'text-anchor': 'bottom',
      'text-offset': [0, -0.9],
      'symbol-sort-key': ['-', ['get', 'objects']],
      'text-padding': 6,
    },
    paint: { 'text-color': '#33444f', 'text-halo-color': 'rgba(238, 241, 243, 0.95)', 'text-halo-width': 1.75 },
  });
}
