// Containers as circles by level; live levels go through feature-state, which cannot filter, so that the
// due ones have a small source and a layer of their own.
import { colour } from './colours.js';
import { popup } from './map-popup.js';

const RING_M = 9;
const METRES_PER_DEGREE = 111_320;

export function containers(map, data, options) {
  const state = new State(data, options);
  map.addSource('containers', { type: 'geojson', data: state.all(), promoteId: 'id' });
  map.addSource('due', { type: 'geojson', data: state.due(), promoteId: 'id' });
  addLayers(map);
  const words = options.words;
  for (const layer of ['containers', 'due']) {
    popup(map, layer, options.page, words.open, (feature) => {
      const one = state.get(feature.id);
      if (one.silent) return [feature.id, words.silent];
      return [feature.id, `${Math.round(one.level * 100)} ${words.unit}${one.due ? `, ${words.due}` : ''}`];
    });
  }
  let picked = null;
  return {
    update(items) {
      let dueChanged = false;
      for (const item of items) {
        if (item.object_kind !== 'container' || item.level == null || !state.has(item.object)) continue;
        dueChanged = state.set(item.object, item.level) || dueChanged;
        map.setFeatureState({ source: 'containers', id: item.object }, { level: item.level, silent: false });
      }
      if (dueChanged) map.getSource('due').setData(state.due());
    },
    replace(fresh) {
      state.read(fresh);
      map.removeFeatureState({ source: 'containers' });
      map.getSource('containers').setData(state.all());
      map.getSource('due').setData(state.due());
    },
    pick(id) {
      if (picked) map.setFeatureState({ source: 'containers', id: picked }, { picked: false });
      picked = id && state.has(id) ? id : null;
      if (picked) map.setFeatureState({ source: 'containers', id: picked }, { picked: true });
    },
  };
}

class State {
  #features = new Map();
  #options;

  constructor(data, options) {
    this.#options = options;
    this.read(data);
  }

  read(data) {
    this.#features = new Map(spread(data.features).map((feature) => [feature.properties.id, feature]));
  }

  has(id) {
    return this.#features.has(id);
  }

  get(id) {
    return this.#features.get(id).properties;
  }

  // Takes a new level; tells whether the container became due or ceased to be.
  set(id, level) {
    const one = this.get(id);
    const was = one.due;
    one.level = level;
    one.silent = false;
    one.due = level + (one.rate_per_day ?? 0) * this.#options.dueDays >= this.#options.dueLevel;
    return one.due !== was;
  }

  all() {
    return { type: 'FeatureCollection', features: [...this.#features.values()] };
  }

  due() {
    return { type: 'FeatureCollection', features: [...this.#features.values()].filter((feature) => feature.properties.due) };
  }
}

// Containers of one site stand on one point: a small ring shows each when the map is near enough.
function spread(features) {
  const sites = Map.groupBy(features, (feature) => feature.geometry.coordinates.join());
  return [...sites.values()].flatMap((group) =>
    group.map((feature, index) => {
      if (group.length === 1) return feature;
      const [lon, lat] = feature.geometry.coordinates;
      const angle = (2 * Math.PI * index) / group.length;
      const east = (RING_M * Math.cos(angle)) / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
      const north = (RING_M * Math.sin(angle)) / METRES_PER_DEGREE;
      return { ...feature, geometry: { type: 'Point', coordinates: [lon + east, lat + north] } };
    }),
  );
}

function addLayers(map) {
  const level = ['coalesce', ['feature-state', 'level'], ['get', 'level'], 0];
  const silent = ['coalesce', ['feature-state', 'silent'], ['get', 'silent'], false];
  const picked = ['boolean', ['feature-state', 'picked'], false];
  map.addLayer({
    id: 'containers', type: 'circle', source: 'containers',
    layout: { 'circle-sort-key': ['case', ['get', 'silent'], 2, ['coalesce', ['get', 'level'], 0]] },
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, ['case', picked, 9, 1.75], 10, ['case', picked, 9, 2.75], 12, ['case', picked, 11, 4.5], 17, ['case', picked, 16, 11]],
      'circle-color': ['case', silent, '#ffffff', ['step', level, colour('--low'), 0.5, colour('--mid')]],
      'circle-stroke-color': ['case', silent, colour('--ink'), ['step', level, colour('--edge'), 0.5, '#33526b']],
      'circle-stroke-width': ['case', picked, 3, silent, 1.25, 0.9],
    },
  });
  map.addLayer({
    id: 'silent', type: 'symbol', source: 'containers', minzoom: 10.5,
    layout: { 'text-field': '?', 'text-font': ['sans-serif'], 'text-size': ['interpolate', ['linear'], ['zoom'], 10, 8, 17, 18], 'text-allow-overlap': true, 'text-ignore-placement': true },
    paint: { 'text-color': colour('--ink'), 'text-opacity': ['case', silent, 1, 0] },
  });
  map.addLayer({
    id: 'due', type: 'circle', source: 'due',
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 2.75, 10, 4.25, 12, 7, 17, 14],
      'circle-color': colour('--alarm'),
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': 1,
    },
  });
}
